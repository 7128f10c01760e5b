using ContinueWatching.Api.Http;
using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ContinueWatching.Api;

/// <summary>Is the process alive; can it really serve, with a silo behind it and a database behind that.</summary>
internal static partial class ApiHealth
{
    /// <summary>Where the health checks are.</summary>
    public const string Path = "/health";

    private const string ReadyTag = "ready";

    // So many that one of them is sound, as long as most silos are.
    private const int SilosAsked = 4;
    private const int HealthKeys = 64;

    // Not the framework's, which cannot be told from a prober that has gone.
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(3);

    public static void AddApiHealth(this IServiceCollection services) =>
        services.AddSingleton<ClusterAnswers>().AddHealthChecks().AddCheck<ClusterAnswers>("cluster", tags: [ReadyTag]);

    public static void MapApiHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks($"{Path}/live", new HealthCheckOptions { Predicate = _ => false })
            .AllowAnonymous().DisableRateLimiting().Describe(Live);
        routes.MapHealthChecks($"{Path}/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag) })
            .AllowAnonymous().DisableRateLimiting().Describe(Ready);
    }

    private sealed partial class ClusterAnswers(
        IGrainFactory grains, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ClusterAnswers> logger) : IHealthCheck
    {
        private string? _said;

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (!lifetime.ApplicationStarted.IsCancellationRequested || lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return HealthCheckResult.Unhealthy("The process is looking for a silo, or stopping.");
            }

            var fault = await AskAsync(cancellationToken);
            if (Interlocked.Exchange(ref _said, fault) != fault)
            {
                Log(fault);
            }

            return fault is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(fault);
        }

        // A silo that stops, or hangs, speaks for itself alone: were it the only one asked, every load balancer would leave every API for it.
        private async Task<string?> AskAsync(CancellationToken cancellationToken)
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bounded.CancelAfter(_timeout);
            var asked = Enumerable.Range(0, SilosAsked).Select(_ => AskOneAsync(bounded.Token, cancellationToken)).ToArray();
            string? fault = null;
            await foreach (var answer in Task.WhenEach(asked))
            {
                fault = await answer;
                if (fault is null)
                {
                    break;
                }
            }

            await bounded.CancelAsync();
            return fault;
        }

        // Which silo answers depends on the key.
        private async Task<string?> AskOneAsync(CancellationToken bounded, CancellationToken prober)
        {
            try
            {
                var health = grains.GetGrain<IHealthGrain>(Random.Shared.Next(HealthKeys));
                return await health.FindFaultAsync(time.GetUtcNow(), bounded).WaitAsync(bounded);
            }
            catch (Exception exception) when (Unavailable.IsPassing(exception) && !prober.IsCancellationRequested)
            {
                // No silo answers: just what is asked here. Of a prober that has gone it says nothing.
                return $"No silo answers ({exception.GetType().Name}).";
            }
        }

        private void Log(string? fault)
        {
            if (fault is null)
            {
                LogReady(logger);
            }
            else
            {
                LogNotReady(logger, fault);
            }
        }

        [LoggerMessage(1, LogLevel.Information, "The API is ready again")]
        private static partial void LogReady(ILogger logger);

        [LoggerMessage(2, LogLevel.Warning, "The API is not ready: {Fault}")]
        private static partial void LogNotReady(ILogger logger, string fault);
    }
}
