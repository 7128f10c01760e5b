using System.Globalization;
using ContinueWatching.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Silos and an API as separate processes on one database, told by environment variables only, as on a real platform.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private const string Issuer = "https://login.example.com";
    private const string Audience = "continue-watching";

    private readonly byte[] _key = Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).ToArray();
    private readonly TestDatabase _database;
    private readonly List<ServiceProcess> _started = [];

    private Deployment(TestDatabase database) => _database = database;

    public Uri Api { get; } = new($"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}");

    public Uri ApiReady => new(Api, "/health/ready");

    public static async Task<Deployment> CreateAsync() => new(await TestPostgres.CreateDatabaseAsync());

    public SiloProcess StartSilo() => StartSilo(SiloPorts.Free());

    public SiloProcess StartSilo(SiloPorts ports)
    {
        var url = new Uri($"http://127.0.0.1:{ports.Http}");
        var process = Start("Silo", new()
        {
            ["ConnectionStrings__Postgres"] = _database.ConnectionString,
            ["Cluster__SiloPort"] = Text(ports.Silo),
            ["Cluster__GatewayPort"] = Text(ports.Gateway),
            ["Cluster__AdvertisedAddress"] = "127.0.0.1",
            ["urls"] = url.ToString(),
        });
        return new SiloProcess(process, ports, new Uri(url, "/health/ready"));
    }

    public async Task<SiloProcess> StartReadySiloAsync()
    {
        var silo = StartSilo();
        await silo.Process.AnswersAsync(silo.Ready);
        return silo;
    }

    public ServiceProcess StartApi() => Start("Api", new()
    {
        ["ConnectionStrings__Postgres"] = _database.ConnectionString,
        ["Authentication__Schemes__Bearer__ValidIssuer"] = Issuer,
        ["Authentication__Schemes__Bearer__ValidAudience"] = Audience,
        ["Authentication__Schemes__Bearer__SigningKeys__0__Issuer"] = Issuer,
        ["Authentication__Schemes__Bearer__SigningKeys__0__Value"] = Convert.ToBase64String(_key),
        ["urls"] = Api.ToString(),
    });

    public async Task<ServiceProcess> StartReadyApiAsync()
    {
        var api = StartApi();
        await api.AnswersAsync(ApiReady);
        return api;
    }

    public Viewer SignIn(string user) => new(Api, user, Token(user));

    /// <summary>What the issuer gives to a user who signs in.</summary>
    public string Token(string user) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = Audience,
        Claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = user },
        SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(_key), SecurityAlgorithms.HmacSha256),
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
            await process.DisposeAsync();
        await _database.DisposeAsync();
    }

    private ServiceProcess Start(string project, Dictionary<string, string?> environment)
    {
        // What is under way when a silo is lost waits for it until this timeout; the usual 15 s would show nothing more.
        environment["Cluster__ResponseTimeout"] = "00:00:05";
        var process = ServiceProcess.Start(project, environment);
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
