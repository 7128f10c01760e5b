using System.Runtime.ExceptionServices;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;
using Orleans.Runtime.Messaging;
using Polly;
using Polly.Retry;

namespace ContinueWatching.Api;

/// <summary>
/// Has a call of a user's or a title's grain tried again while the cluster finds out that a silo is lost: viewers are not to notice. All of
/// these calls are idempotent (<see cref="IUserGrain"/>): whatever they ask for carries the moment of its arrival from before the first try.
/// </summary>
/// <remarks>
/// Where all calls pass through, so that no route has to think of it. A filter's <see cref="IGrainCallContext.Invoke"/> may be called again once
/// it has ended, unless the call may go on in this very process: see <see cref="IsLostSilo"/>. What one try waits for an answer is Orleans's
/// to decide (<c>Cluster:ResponseTimeout</c>).
/// </remarks>
internal sealed partial class Retries : IOutgoingGrainCallFilter
{
    // A rejected call is soon tried again, for a moved grain is soon found; later less often, for a lost silo takes seconds to be found out.
    private static readonly TimeSpan _delay = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan _longestDelay = TimeSpan.FromMilliseconds(500);
    private static readonly ResiliencePropertyKey<Call> _call = new("call");

    private readonly ResiliencePipeline _pipeline;
    private readonly TimeProvider _time;
    private readonly IOptions<ApiSettings> _settings;
    private readonly OncePerSecond _line;
    private readonly ApiInstruments _instruments;
    private readonly ILogger<Retries> _logger;
    private readonly bool _isSilo;

    public Retries(
        IOptions<ApiSettings> settings, TimeProvider time, ApiInstruments instruments, ILogger<Retries> logger, IServiceProviderIsService services)
    {
        _isSilo = services.IsService(typeof(ILocalSiloDetails));
        // Not looked at here: a setting that makes no sense is told in a line by the start, and with a stack trace by Orleans, which comes first.
        (_settings, _instruments) = (settings, instruments);
        (_time, _logger, _line) = (time, logger, new OncePerSecond(time));
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                // As many as there is time for.
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _delay,
                MaxDelay = _longestDelay,
                ShouldHandle = args => ValueTask.FromResult(
                    IsLostSilo(args.Outcome.Exception, args.Context.CancellationToken) && TimeLeft(args.Context) > _longestDelay),
                OnRetry = args => OnRetry(args.Outcome.Exception!),
            })
            .Build();
    }

    /// <inheritdoc/>
    // What a grain calls (in a process that is silo and API in one), and what asks whether there is a silo, is told at once.
    public Task Invoke(IOutgoingGrainCallContext context) =>
        context.SourceContext is null && context.Grain is IUserGrain or ITitleGrain ? TryAsync(context) : context.Invoke();

    // What is answered the first time, and that is nearly everything, does not pay for what is not.
    private async Task TryAsync(IOutgoingGrainCallContext grain)
    {
        var startedAt = _time.GetTimestamp();
        ExceptionDispatchInfo failure;
        try
        {
            await grain.Invoke();
            return;
        }
        catch (Exception exception) when (IsLostSilo(exception, grain.Request.GetCancellationToken()))
        {
            // The pipeline judges it, as if it had been met there.
            failure = ExceptionDispatchInfo.Capture(exception);
        }

        await TryAgainAsync(new Call(grain, startedAt, failure));
    }

    private async Task TryAgainAsync(Call call)
    {
        // Whoever has gone away is not tried for again.
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, call.Grain.Request.GetCancellationToken());
        try
        {
            context.Properties.Set(_call, call);
            await _pipeline.ExecuteAsync(static (context, state) => state.Retries.AttemptAsync(state.call, context), context, (Retries: this, call));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async ValueTask AttemptAsync(Call call, ResilienceContext context)
    {
        (var failure, call.Failure) = (call.Failure, null);
        failure?.Throw();

        // It may have less time than a try has.
        await call.Grain.Invoke().WaitAsync(TimeLeft(context), _time, context.CancellationToken);
    }

    private TimeSpan TimeLeft(ResilienceContext context)
    {
        var left = _settings.Value.CallDeadline - _time.GetElapsedTime(context.Properties.GetValue(_call, null!).StartedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    // What a silo leaves behind that dies, hangs, stops or joins. A timeout is an unknown outcome: tried again, it is known. Not here: Postgres
    // away (thousands would wait in this process for what the player sends again anyway), and a full queue (more calls make it no shorter).
    // Nor a timeout in a process that is silo as well. Its own grains are handed the very request that the caller holds, and Orleans empties
    // that once it has run (10.4.2, InsideRuntimeClient.Invoke): what is late runs at last, and the try after it would ask for nothing.
    // Between processes, a call may come back cancelled that nobody here has cancelled: seen when a silo was killed.
    private bool IsLostSilo(Exception? exception, CancellationToken gone) => exception
        is OrleansMessageRejectionException or ConnectionFailedException or SocketConnectionException or GatewayTooBusyException
        || (!_isSilo && (exception is TimeoutException || (exception is OperationCanceledException && !gone.IsCancellationRequested)));

    // The one place where retries are counted.
    private ValueTask OnRetry(Exception exception)
    {
        _instruments.Retried();
        if (_line.IsFirst())
        {
            LogRetry(_logger, exception.GetType().Name, Unavailable.Reason(exception));
        }

        return ValueTask.CompletedTask;
    }

    [LoggerMessage(1, LogLevel.Information, "Calls are tried again (one line a second): {Exception}: {Reason}")]
    private static partial void LogRetry(ILogger logger, string exception, string reason);

    /// <summary>A call that has failed once, and since when it is tried.</summary>
    private sealed class Call(IOutgoingGrainCallContext grain, long startedAt, ExceptionDispatchInfo failure)
    {
        public IOutgoingGrainCallContext Grain => grain;

        public long StartedAt => startedAt;

        /// <summary>How the first try ended, until that is told.</summary>
        public ExceptionDispatchInfo? Failure { get; set; } = failure;
    }
}
