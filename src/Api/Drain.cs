using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Api;

/// <summary>
/// The time between being told to stop and stopping: the process says that it is not ready and serves on, until load balancers have
/// noticed. Then event streams end, requests in flight are answered, and no connection is taken any more.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its cancellation source has neither a timer nor a link, and is asked after the end.")]
internal sealed partial class Drain(
    IOptions<ApiSettings> settings, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    private readonly CancellationTokenSource _over = new();

    /// <summary>Cancelled when it is over.</summary>
    public CancellationToken Over => _over.Token;

    // In front of everything that stops.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            // What never was ready has nobody to take leave of, and perhaps no settings that make sense.
            if (lifetime.ApplicationStarted.IsCancellationRequested && settings.Value.DrainTime is { Ticks: > 0 } drainTime)
            {
                LogDraining(logger, drainTime);
                await Task.Delay(drainTime, time, cancellationToken);
            }
        }
        finally
        {
            await _over.CancelAsync();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "Told to stop; serving on for {DrainTime} so that load balancers notice")]
    private static partial void LogDraining(ILogger logger, TimeSpan drainTime);
}

/// <summary>Adds <see cref="Drain"/>.</summary>
internal static class DrainServices
{
    // Whatever is in flight has ended long before; what has not, never does. Shorter than the 2 min after which ECS kills at the latest.
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(60);

    public static void AddDrain(this IServiceCollection services)
    {
        services.AddSingleton<Drain>().AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = _stopLimit);
    }
}
