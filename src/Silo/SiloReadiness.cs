using ContinueWatching.Contracts;
using ContinueWatching.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace ContinueWatching.Silo;

/// <summary>
/// Whether this silo can really serve: a member of its cluster, not stopping, its database fit for reports. Looked up once a second
/// at most, whoever asks, and logged when it changes.
/// </summary>
internal sealed partial class SiloReadiness(
    ISiloStatusOracle cluster, IHostApplicationLifetime lifetime, DatabaseProbe database, TimeProvider time, ILogger<SiloReadiness> logger)
    : IHealthCheck
{
    private static readonly TimeSpan _keptFor = TimeSpan.FromSeconds(1);

    // The probe gives up by itself after the time that a statement may take.
    private readonly Lock _lock = new();
    private Task<string?> _latest = Task.FromResult<string?>("Nobody has looked yet.");
    private long? _lookedAt;
    private string? _said;

    /// <summary>What is wrong, in a sentence; null when reports are taken.</summary>
    public Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_lookedAt is not { } at || (_latest.IsCompleted && time.GetElapsedTime(at) >= _keptFor))
            {
                _lookedAt = time.GetTimestamp();
                _latest = LookAsync();
            }

            return _latest.WaitAsync(cancellationToken);
        }
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await FindFaultAsync(cancellationToken) is { } fault ? HealthCheckResult.Unhealthy(fault) : HealthCheckResult.Healthy();

    private async Task<string?> LookAsync()
    {
        var fault = lifetime.ApplicationStopping.IsCancellationRequested ? "The silo is stopping."
            : cluster.CurrentStatus != SiloStatus.Active ? $"The silo is {cluster.CurrentStatus}, not Active."
            : await database.FindFaultAsync(CancellationToken.None);
        if (fault != _said)
        {
            _said = fault;
            if (fault is null)
            {
                LogReady(logger);
            }
            else
            {
                LogNotReady(logger, fault);
            }
        }

        return fault;
    }

    [LoggerMessage(1, LogLevel.Information, "The silo is ready")]
    private static partial void LogReady(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "The silo is not ready: {Fault}")]
    private static partial void LogNotReady(ILogger logger, string fault);
}

/// <summary>Gives the answer of <see cref="SiloReadiness"/> to those who reach the silo through its gateway, and judges their clocks.</summary>
[StatelessWorker(1)]
internal sealed class HealthGrain(SiloReadiness readiness, TimeProvider time, IOptions<StorageOptions> options) : Grain, IHealthGrain
{
    public Task<string?> FindFaultAsync(DateTimeOffset callersTime, CancellationToken cancellationToken = default)
    {
        var error = (time.GetUtcNow() - callersTime).Duration();
        return error <= options.Value.ClockTolerance
            ? readiness.FindFaultAsync(cancellationToken)
            : Task.FromResult<string?>($"The caller's clock is {error.TotalSeconds:0.0} s from the silo's.");
    }
}
