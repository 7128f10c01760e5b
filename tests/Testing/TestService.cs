using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ContinueWatching.Standalone;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;

namespace ContinueWatching.Testing;

/// <summary>The whole service in the test's process: silo and API on a database of the test's, behind real HTTP on a free port.</summary>
public sealed class TestService : IAsyncDisposable
{
    // A service that does not answer in this time hangs.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly StandaloneHost _host;

    private TestService(StandaloneHost host, TestLogs logs)
    {
        _host = host;
        Logs = logs;
        Http = new HttpClient { BaseAddress = new Uri(host.App.Urls.Single()), Timeout = _patience };
    }

    public HttpClient Http { get; }

    public TestLogs Logs { get; }

    /// <summary>The routes that there are.</summary>
    public IEnumerable<RouteEndpoint> Routes => _host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    /// <summary>What its process is made of.</summary>
    public IServiceProvider Services => _host.App.Services;

    /// <summary>The grains, as an internal service calls them.</summary>
    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    /// <summary>What an observable instrument of this service, and of no other in the process, shows at this moment, over all its tags.</summary>
    public int Measure(string instrument)
    {
        var (sum, factory) = (0, _host.App.Services.GetRequiredService<IMeterFactory>());
        using var listener = new MeterListener
        {
            InstrumentPublished = (published, self) =>
            {
                if (published.Name == instrument && published.Meter.Scope == factory)
                    self.EnableMeasurementEvents(published);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => sum += value);
        listener.Start();
        listener.RecordObservableInstruments();
        return sum;
    }

    /// <summary>All that it answers to.</summary>
    public IReadOnlyList<Endpoint> Endpoints => _host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>
    /// Starts it with <paramref name="configuration"/>, each <c>Key=Value</c>; it says whose tokens are good. <paramref name="map"/> adds routes of
    /// the test's own; <paramref name="clock"/> is the clock of its silo and its API, but not of Orleans.
    /// </summary>
    public static async Task<TestService> StartAsync(
        string connectionString, IEnumerable<string> configuration, Action<IEndpointRouteBuilder>? map = null, TimeProvider? clock = null)
    {
        string[] settings =
        [
            // All tests come from one address, and some from one service.
            .. new[] { "User", "Service", "Address" }.Select(who => $"Rates:{who}Burst=1000000"),
            "urls=http://127.0.0.1:0",
            $"ConnectionStrings:Postgres={connectionString}",
            "Logging:Console:LogLevel:Default=None",
            .. configuration,
        ];
        var host = await StandaloneHost.CreateAsync(
            new Arguments(Path.GetTempPath(), DevTokens: false, Help: false, [.. settings.Select(setting => $"--{setting}")]),
            CancellationToken.None,
            services =>
            {
                if (clock is not null)
                    services.AddSingleton(clock).UseTimeProviderForBackgroundAreas(TimeProvider.System);
            });
        try
        {
            var logs = new TestLogs();
            host.App.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);
            map?.Invoke(host.App);
            await host.App.StartAsync();
            return new TestService(host, logs);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a request and reads the whole answer.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, string? token = null, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        (request.Version, request.VersionPolicy) = (Http.DefaultRequestVersion, Http.DefaultVersionPolicy);
        using var response = await Http.SendAsync(request);
        return new Answer(response, await response.Content.ReadAsStringAsync());
    }

    public Task<Answer> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, token);

    public Task<Answer> PutAsync(string path, string? token, string json) =>
        SendAsync(HttpMethod.Put, path, token, new StringContent(json, Encoding.UTF8, "application/json"));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.App.StopAsync();
        await _host.DisposeAsync();
    }
}

/// <summary>An answer, read to its end.</summary>
public sealed class Answer(HttpResponseMessage response, string text)
{
    public int Status { get; } = (int)response.StatusCode;

    public string? ContentType { get; } = response.Content.Headers.ContentType?.MediaType;

    /// <summary>The methods of the header Allow.</summary>
    public IReadOnlyList<string> Allow { get; } = [.. response.Content.Headers.Allow];

    public HttpResponseHeaders Headers { get; } = response.Headers;

    public string Text { get; } = text;

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>A header's value; null when there is none.</summary>
    public string? Header(string name) => Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    public override string ToString() => $"{Status} {ContentType} {Text}";
}
