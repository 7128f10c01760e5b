using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ContinueWatching.Hosting;

/// <summary>
/// Metrics and traces of a process, by OpenTelemetry: sent by OTLP to where the standard environment variables say, or nowhere; metrics
/// also for Prometheus to fetch.
/// </summary>
public static class Telemetry
{
    private const string Own = "ContinueWatching";
    private const string Npgsql = "Npgsql";

    // Without Microsoft.Orleans.Runtime: what silos say to each other belongs to nobody's request.
    private static readonly string[] _sources =
        [Own, Npgsql, "Microsoft.Orleans.Application", "Microsoft.Orleans.Lifecycle", "Microsoft.Orleans.Storage"];

    // Of ASP.NET's, those of requests and connections: each of its others costs every request.
    private static readonly string[] _meters =
        [Own, Npgsql, "Microsoft.Orleans", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"];

    // Counted at every message, and nobody asks how many there were.
    private static readonly string[] _uncounted =
        ["orleans-messaging-sent", "orleans-messaging-received", "orleans-messaging-processing", "orleans-gateway-sent", "orleans-gateway-received"];

    // Asked by machines, every few seconds, for ever.
    private static readonly PathString[] _untraced = ["/health", AdminListener.MetricsPath, "/dashboard"];

    /// <summary>Adds the telemetry of the process.</summary>
    /// <param name="builder">Where to.</param>
    /// <param name="service">What it is called, unless <c>OTEL_SERVICE_NAME</c> says otherwise.</param>
    /// <param name="isScraped">Whether Prometheus can fetch its metrics.</param>
    public static void AddTelemetry(this WebApplicationBuilder builder, string service, bool isScraped)
    {
        var configuration = builder.Configuration;
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService(service, serviceVersion: Version())
            .AddEnvironmentVariableDetector());
        var isSent = IsSent(configuration, "METRICS");
        if (isSent || isScraped)
        {
            telemetry.WithMetrics(metrics => Measure(metrics, isSent, isScraped));
        }

        if (IsSent(configuration, "TRACES"))
        {
            telemetry.WithTracing(traces => traces
                .SetSampler(_ => RequestSampler.Of(configuration))
                .AddSource(_sources)
                .AddAspNetCoreInstrumentation(http => http.Filter = IsTraced)
                .AddProcessor(new Nameless())
                .AddOtlpExporter());
        }
    }

    /// <summary>As <see cref="AddTelemetry(WebApplicationBuilder, string, bool)"/>, scraped where there is an admin listener.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, string service) =>
        builder.AddTelemetry(service, AdminListener.IsConfigured(builder.Configuration));

    private static void Measure(MeterProviderBuilder metrics, bool isSent, bool isScraped)
    {
        metrics.AddMeter(_meters).AddView(instrument =>
            _uncounted.Any(name => instrument.Name.StartsWith(name, StringComparison.Ordinal)) ? MetricStreamConfiguration.Drop : null);
        if (isSent)
        {
            metrics.AddOtlpExporter();
        }

        if (isScraped)
        {
            metrics.AddPrometheusExporter();
        }
    }

    private static bool IsSent(ConfigurationManager configuration, string signal) =>
        configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } && configuration[$"OTEL_{signal}_EXPORTER"] is not "none";

    private static bool IsTraced(HttpContext http) => !_untraced.Any(path => http.Request.Path.StartsWithSegments(path));

    private static string? Version() => typeof(Telemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
