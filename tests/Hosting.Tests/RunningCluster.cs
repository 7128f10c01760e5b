using System.Net.Http.Headers;
using System.Text;
using ContinueWatching.Testing;

namespace ContinueWatching.Hosting.Tests;

/// <summary>A silo and an API as they are deployed, each a process, that send all they have to an <see cref="OtlpReceiver"/>.</summary>
public sealed class RunningCluster : IAsyncLifetime, IAsyncDisposable
{
    private static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Dictionary<string, string?> _settings = [];
    private TestDatabase? _database;
    private OtlpReceiver? _receiver;
    private ServiceProcess? _silo;
    private ServiceProcess? _api;

    public TestTokens Tokens { get; } = new();

    public Uri Silo { get; private set; } = null!;

    public Uri Api { get; private set; } = null!;

    public Uri ApiAdmin { get; private set; } = null!;

    public ServiceProcess SiloProcess => _silo!;

    public ServiceProcess ApiProcess => _api!;

    internal OtlpReceiver Receiver => _receiver!;

    /// <summary>Starts one of a test's own; null takes a setting away.</summary>
    internal static async Task<RunningCluster> StartAsync(params (string Name, string? Value)[] settings)
    {
        var cluster = new RunningCluster();
        foreach (var (name, value) in settings)
            cluster._settings[name] = value;
        try
        {
            await cluster.InitializeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.CreateDatabaseAsync();
        _receiver = await OtlpReceiver.StartAsync();
        var ports = ServiceProcess.FreePorts(5);
        (Silo, Api, ApiAdmin) = (Url(ports[0]), Url(ports[1]), Url(ports[2]));
        _silo = ServiceProcess.Start("Silo", Environment(new()
        {
            ["urls"] = $"{Silo}",
            ["Cluster__SiloPort"] = $"{ports[3]}",
            ["Cluster__GatewayPort"] = $"{ports[4]}",
            ["Cluster__AdvertisedAddress"] = "127.0.0.1",
        }));
        _api = ServiceProcess.Start("Api", Environment(new() { ["urls"] = $"{Api}", ["Admin__Url"] = $"{ApiAdmin}" }));
        await _silo.AnswersAsync(new Uri(Silo, "/health/ready"));
        await _api.AnswersAsync(new Uri(Api, "/health/ready"));
    }

    /// <summary>Asks one of the listeners, under the name of <paramref name="host"/> where that is given.</summary>
    public static async Task<(int Status, string Text)> GetAsync(
        Uri listener, string path, string? token = null, string? traceParent = null, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(listener, path));
        request.Headers.Host = host;
        return await SendAsync(request, token, traceParent);
    }

    /// <summary>Reports a place; the trace is that of <paramref name="traceParent"/>, if there is one.</summary>
    public async Task<(int Status, string Text)> ReportAsync(string user, Guid title, string? traceParent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(Api, "/updateWatchStatus"))
        {
            Content = new StringContent(
                $$"""{"userId": "{{user}}", "contentId": "{{title}}", "resumeFrom": 60}""", Encoding.UTF8, "application/json"),
        };
        return await SendAsync(request, Tokens.Of(user), traceParent);
    }

    /// <summary>Has everything happen once: some of it has its metric only then.</summary>
    public async Task UseEverythingAsync()
    {
        var user = $"{Guid.NewGuid()}";
        Assert.Equal(200, (await ReportAsync(user, Guid.NewGuid())).Status);
        Assert.Equal(200, (await GetAsync(Api, $"/users/{user}/continue-watching", Tokens.Of(user))).Status);

        // Another silo may have stored of it, for all that a grain knows that has lost a title once; here, one that is marked.
        using var http = new HttpClient();
        using var mark = new HttpRequestMessage(HttpMethod.Put, new Uri(Api, $"/users/{user}/watched/{Guid.NewGuid()}"));
        mark.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Of(user));
        using var marked = await http.SendAsync(mark);
        Assert.True(marked.IsSuccessStatusCode, $"{marked.StatusCode}");
        Assert.Equal(200, (await GetAsync(
            Api, $"/getWatchStatus?userId={user}&contentId={Guid.NewGuid()}", Tokens.Of(user))).Status);
    }

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    public async Task DisposeAsync()
    {
        foreach (var process in new[] { _api, _silo })
        {
            if (process is not null)
                await process.DisposeAsync();
        }

        if (_receiver is not null)
            await _receiver.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    private static async Task<(int Status, string Text)> SendAsync(HttpRequestMessage request, string? token, string? traceParent)
    {
        if (traceParent is not null)
            request.Headers.Add("traceparent", traceParent);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Dictionary<string, string?> Environment(Dictionary<string, string?> own)
    {
        own["ConnectionStrings__Postgres"] = _database!.ConnectionString;
        own["OTEL_EXPORTER_OTLP_ENDPOINT"] = _receiver!.Url;
        own["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        own["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        own["OTEL_BSP_SCHEDULE_DELAY"] = "200";
        own["OTEL_TRACES_SAMPLER"] = "always_on";

        // Everything here comes from a few users at one address. Services are there to be refused.
        (own["Rates__UserBurst"], own["Rates__AddressBurst"]) = ("100000", "100000");
        (own["Rates__ServiceRate"], own["Rates__ServiceBurst"]) = ("1", "1");
        foreach (var setting in Tokens.Configuration)
        {
            var separator = setting.IndexOf('=', StringComparison.Ordinal);
            own[setting[..separator].Replace(":", "__", StringComparison.Ordinal)] = setting[(separator + 1)..];
        }

        foreach (var (name, value) in _settings)
            own[name] = value;
        return own;
    }

    private static Uri Url(int port) => new($"http://127.0.0.1:{port}");
}

/// <summary>Tests that ask one cluster.</summary>
[CollectionDefinition(Name)]
public sealed class OnRunningCluster : ICollectionFixture<RunningCluster>
{
    public const string Name = "running cluster";
}
