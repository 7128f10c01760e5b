using ContinueWatching.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Bench.Systems;

/// <summary>Takes metrics and traces by OTLP over HTTP, as a collector does, and drops them: whoever is measured sends them as in production.</summary>
internal sealed class TelemetrySink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _metrics;
    private int _traces;

    private TelemetrySink(WebApplication app, int port)
    {
        _app = app;
        app.MapPost("/v1/metrics", http => TakeAsync(http, ref _metrics));
        app.MapPost("/v1/traces", http => TakeAsync(http, ref _traces));
        Environment = new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };
    }

    /// <summary>What tells a process to send here.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>How many requests have come.</summary>
    public string Taken => $"{_metrics} × metrics, {_traces} × traces";

    public static async Task<TelemetrySink> StartAsync()
    {
        var port = ServiceProcess.FreePorts(1)[0];
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var sink = new TelemetrySink(builder.Build(), port);
        sink._app.Urls.Add($"http://127.0.0.1:{port}");
        await sink._app.StartAsync();
        return sink;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Task TakeAsync(HttpContext http, ref int count)
    {
        Interlocked.Increment(ref count);
        return http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
    }
}
