using ContinueWatching.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace ContinueWatching.Silo;

/// <summary>The silo's small HTTP listener: is the process alive, is the silo ready, what does it measure.</summary>
internal static class SiloHealth
{
    /// <summary>Where the silo listens when nothing else is configured.</summary>
    public const string DefaultUrl = "http://0.0.0.0:8081";

    private const string Ready = "ready";
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(2);

    public static void AddSiloHealth(this WebApplicationBuilder builder) =>
        builder.Services.AddHealthChecks().AddCheck<SiloReadiness>("silo", tags: [Ready], timeout: _timeout);

    // Live asks nothing of anybody: a silo is not killed because its database is away.
    public static void MapSiloHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready) }).AllowAnonymous();
    }

    public static void MapSiloMetrics(this WebApplication app) => app.MapPrometheusScrapingEndpoint(AdminListener.MetricsPath).AllowAnonymous();
}
