using ContinueWatching.Contracts;
using ContinueWatching.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Concurrency;

namespace ContinueWatching.Silo;

/// <summary>Whether this silo can really serve: a member of its cluster, not stopping, its database fit for reports.</summary>
internal sealed class SiloReadiness(ISiloStatusOracle cluster, IHostApplicationLifetime lifetime, DatabaseProbe database) : IHealthCheck
{
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return "The silo is stopping.";
        }

        return cluster.CurrentStatus == SiloStatus.Active
            ? await database.FindFaultAsync(cancellationToken)
            : $"The silo is {cluster.CurrentStatus}, not Active.";
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await FindFaultAsync(cancellationToken) is { } fault ? HealthCheckResult.Unhealthy(fault) : HealthCheckResult.Healthy();
}

/// <summary>Gives the answer of <see cref="SiloReadiness"/> to those who reach the silo through its gateway.</summary>
[StatelessWorker(1)]
internal sealed class HealthGrain(SiloReadiness readiness) : Grain, IHealthGrain
{
    public Task<string?> FindFaultAsync(CancellationToken cancellationToken = default) => readiness.FindFaultAsync(cancellationToken);
}
