using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ContinueWatching.Api;

/// <summary>Is the process alive; can it really serve, with a silo behind it and a database behind that.</summary>
internal static class ApiHealth
{
    /// <summary>Where the health checks are.</summary>
    public const string Path = "/health";

    private const string Ready = "ready";
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(3);

    public static void AddApiHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<ClusterAnswers>("cluster", tags: [Ready], timeout: _timeout);

    public static void MapApiHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks($"{Path}/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        routes.MapHealthChecks($"{Path}/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready) }).AllowAnonymous();
    }

    private sealed class ClusterAnswers(IGrainFactory grains, IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (!lifetime.ApplicationStarted.IsCancellationRequested || lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return HealthCheckResult.Unhealthy("The process is looking for a silo, or stopping.");
            }

            try
            {
                return await grains.GetGrain<IHealthGrain>(0).FindFaultAsync(cancellationToken).WaitAsync(cancellationToken) is { } fault
                    ? HealthCheckResult.Unhealthy(fault)
                    : HealthCheckResult.Healthy();
            }
            catch (Exception exception) when (Unavailable.IsPassing(exception))
            {
                // No silo answers: just what is asked here.
                return HealthCheckResult.Unhealthy(exception.Message);
            }
        }
    }
}
