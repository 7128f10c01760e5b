using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using ContinueWatching.Contracts;

namespace ContinueWatching.Storage;

/// <summary>
/// A bounded queue with one reader: it drains what has queued while its last statement was under way, no timer, and hands it over as
/// one batch. Every waiter gets a result or an error.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its cancellation source has neither a timer nor a link: nothing to dispose of.")]
internal sealed class BatchLane<TRequest, TResult>
{
    private readonly LaneInstruments _instruments;
    private readonly int _maxBatch;
    private readonly TimeSpan _maxWait;
    private readonly TimeProvider _time;
    private readonly Func<IReadOnlyList<Waiter>, CancellationToken, Task> _execute;
    private readonly Channel<Waiter> _queue;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Task _run;
    private volatile bool _stopping;

    /// <summary>Starts the lane.</summary>
    /// <param name="instruments">What is measured here; its name is that of what waits, for messages: <c>commit</c>.</param>
    /// <param name="capacity">The most that may wait.</param>
    /// <param name="maxBatch">The most in one batch.</param>
    /// <param name="maxWait">How long one may wait before it is refused.</param>
    /// <param name="time">The clock of those waits.</param>
    /// <param name="execute">
    /// Answers every waiter of a batch. What it throws goes to those that it left without an answer.
    /// </param>
    public BatchLane(
        LaneInstruments instruments,
        int capacity,
        int maxBatch,
        TimeSpan maxWait,
        TimeProvider time,
        Func<IReadOnlyList<Waiter>, CancellationToken, Task> execute)
    {
        _instruments = instruments;
        _maxBatch = maxBatch;
        _maxWait = maxWait;
        _time = time;
        _execute = execute;
        _queue = Channel.CreateBounded<Waiter>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _run = Task.Run(RunAsync);
    }

    /// <summary>How many wait.</summary>
    public int Depth => _queue.Reader.Count;

    /// <summary>Queues a request. The task ends with the batch that carries it.</summary>
    /// <exception cref="StorageUnavailableException">The queue is full, or the lane stops; the request was not taken.</exception>
    public Task<TResult> EnqueueAsync(TRequest request) =>
        _instruments.IsTraced ? EnqueueTracedAsync(request) : Enqueue(request, null);

    private async Task<TResult> EnqueueTracedAsync(TRequest request)
    {
        using var span = _instruments.StartRequest();
        try
        {
            return await Enqueue(request, span);
        }
        catch (Exception exception)
        {
            // Whatever it is, it goes on; its message may name a user, which a trace must not.
            span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            throw;
        }
    }

    private Task<TResult> Enqueue(TRequest request, Activity? span)
    {
        var waiter = new Waiter(request, _time.GetTimestamp(), span);
        return _queue.Writer.TryWrite(waiter)
            ? waiter.Task
            : throw new StorageUnavailableException(
                _stopping ? $"The {_instruments.Name} queue is closed: the silo stops." : $"The {_instruments.Name} queue is full.");
    }

    /// <summary>
    /// Takes nothing more, and works off what waits. At <paramref name="deadline"/> it gives up: the batch under way is cancelled, and
    /// what still waits gets an error.
    /// </summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        _stopping = true;
        _queue.Writer.TryComplete();
        await using (deadline.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _abandoned))
        {
            await _run;
        }
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiter>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < _maxBatch && _queue.Reader.TryRead(out var waiter))
            {
                if (_abandoned.IsCancellationRequested)
                {
                    waiter.Fail(new StorageUnavailableException($"The silo stopped before this {_instruments.Name}."));
                }
                else if (_time.GetElapsedTime(waiter.QueuedAt) > _maxWait)
                {
                    waiter.Fail(new StorageUnavailableException($"The {_instruments.Name} queue is longer than {_maxWait.TotalSeconds} s."));
                }
                else
                {
                    batch.Add(waiter);
                }
            }

            if (batch.Count > 0)
            {
                await ExecuteAsync(batch);
            }
        }
    }

    private async Task ExecuteAsync(List<Waiter> batch)
    {
        Exception? fault = null;
        using var span = _instruments.StartBatch(batch.Select(waiter => waiter.Span), batch.Count);
        var startedAt = _time.GetTimestamp();
        try
        {
            await _execute(batch, _abandoned.Token);
        }
        catch (Exception exception)
        {
            // Whatever it is, it belongs to those who wait for this batch, and must not end the lane for all who come after.
            fault = exception;
        }

        foreach (var waiter in batch)
        {
            if (!waiter.Task.IsCompleted)
            {
                waiter.Fail(fault ?? new InvalidOperationException($"A {_instruments.Name} was left without an answer."));
            }
        }

        fault = batch.Find(waiter => waiter.Task.IsFaulted)?.Task.Exception!.InnerException;
        span?.SetStatus(fault is null ? ActivityStatusCode.Unset : ActivityStatusCode.Error, fault?.GetType().Name);
        _instruments.Ended(batch.Count, _time.GetElapsedTime(startedAt), fault);
    }

    /// <summary>A request, and the one who waits for its result.</summary>
    internal sealed class Waiter(TRequest request, long queuedAt, Activity? span)
    {
        private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TRequest Request => request;

        public long QueuedAt => queuedAt;

        /// <summary>The request's span, where its trace is recorded.</summary>
        public Activity? Span => span;

        public Task<TResult> Task => _completion.Task;

        public void Complete(TResult result) => _completion.TrySetResult(result);

        public void Fail(Exception exception) => _completion.TrySetException(exception);
    }
}
