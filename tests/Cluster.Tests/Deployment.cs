using System.Globalization;
using ContinueWatching.Testing;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Silos and an API as separate processes on one database, told by environment variables only, as on a real platform.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly TestTokens _tokens = new();
    private readonly TestDatabase _database;
    private readonly List<ServiceProcess> _started = [];
    private readonly List<Viewer> _viewers = [];

    private Deployment(TestDatabase database) => _database = database;

    public Uri Api { get; } = new($"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}");

    public string ConnectionString => _database.ConnectionString;

    public Uri ApiReady => new(Api, "/health/ready");

    public static async Task<Deployment> CreateAsync() => new(await TestPostgres.CreateDatabaseAsync());

    public SiloProcess StartSilo() => StartSilo(SiloPorts.Free());

    public SiloProcess StartSilo(SiloPorts ports, params (string Name, string? Value)[] settings)
    {
        var url = new Uri($"http://127.0.0.1:{ports.Http}");
        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = _database.ConnectionString,
            ["Cluster__SiloPort"] = Text(ports.Silo),
            ["Cluster__GatewayPort"] = Text(ports.Gateway),
            ["Cluster__AdvertisedAddress"] = "127.0.0.1",
            ["urls"] = url.ToString(),
        };
        foreach (var (name, value) in settings)
            environment[name] = value;
        var process = Start("Silo", environment);
        return new SiloProcess(process, ports, new Uri(url, "/health/ready"));
    }

    public Task<SiloProcess> StartReadySiloAsync() => StartReadySiloAsync(SiloPorts.Free());

    public async Task<SiloProcess> StartReadySiloAsync(SiloPorts ports, params (string Name, string? Value)[] settings)
    {
        var silo = StartSilo(ports, settings);
        await silo.Process.AnswersAsync(silo.Ready);
        return silo;
    }

    /// <summary>Starts several at once.</summary>
    public Task<SiloProcess[]> StartReadySilosAsync(int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartReadySiloAsync()));

    public ServiceProcess StartApi(params (string Name, string? Value)[] settings) => StartApi(Api, settings);

    public ServiceProcess StartApi(Uri url, params (string Name, string? Value)[] settings)
    {
        var environment = new Dictionary<string, string?>
        {
            ["ConnectionStrings__Postgres"] = _database.ConnectionString,
            ["urls"] = url.ToString(),

            // No load balancer is waited for, where there is none.
            ["Api__DrainTime"] = "00:00:00",

            // Viewers here report as fast as they are answered.
            ["Rates__Enabled"] = "false",
        };
        foreach (var setting in _tokens.Configuration)
        {
            var separator = setting.IndexOf('=', StringComparison.Ordinal);
            environment[setting[..separator].Replace(":", "__", StringComparison.Ordinal)] = setting[(separator + 1)..];
        }

        foreach (var (name, value) in settings)
            environment[name] = value;
        return Start("Api", environment);
    }

    public Task<ServiceProcess> StartReadyApiAsync(params (string Name, string? Value)[] settings) => StartReadyApiAsync(Api, settings);

    public async Task<ServiceProcess> StartReadyApiAsync(Uri url, params (string Name, string? Value)[] settings)
    {
        var api = StartApi(url, settings);
        await api.AnswersAsync(new Uri(url, "/health/ready"));
        return api;
    }

    /// <summary>Starts the sample of an internal service, which calls grains past the API.</summary>
    public ServiceProcess StartCatalogLoader(string file) =>
        Start("CatalogLoader", new() { ["ConnectionStrings__Postgres"] = _database.ConnectionString }, file);

    public Viewer SignIn(string user)
    {
        var viewer = new Viewer(Api, user, Token(user));
        _viewers.Add(viewer);
        return viewer;
    }

    /// <summary>What the issuer gives to a user who signs in.</summary>
    public string Token(string user) => _tokens.Of(user);

    public string CatalogueToken => _tokens.OfCatalogue();

    public async ValueTask DisposeAsync()
    {
        _viewers.ForEach(viewer => viewer.Dispose());
        foreach (var process in _started)
            await process.DisposeAsync();
        await _database.DisposeAsync();
    }

    private ServiceProcess Start(string project, Dictionary<string, string?> environment, params string[] arguments)
    {
        var process = ServiceProcess.Start(project, environment, arguments);
        _started.Add(process);
        return process;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Where a silo listens: for other silos, for callers of its grains, for health checks.</summary>
internal sealed record SiloPorts(int Silo, int Gateway, int Http)
{
    public static SiloPorts Free()
    {
        var ports = ServiceProcess.FreePorts(3);
        return new SiloPorts(ports[0], ports[1], ports[2]);
    }
}

/// <summary>A silo that was started.</summary>
internal sealed record SiloProcess(ServiceProcess Process, SiloPorts Ports, Uri Ready);
