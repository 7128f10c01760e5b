namespace ContinueWatching.Api.Events;

/// <summary>Wakes the one who waits: when it is rung, or when the time is up. Rung while nobody waits, it rings for the next one.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _rung = new(0);
    private readonly ITimer _timer;

    public Alarm(TimeProvider time) =>
        _timer = time.CreateTimer(static alarm => ((Alarm)alarm!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Ring()
    {
        lock (_lock)
        {
            if (_rung.CurrentCount == 0)
            {
                _rung.Release();
            }
        }
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        _timer.Change(atMost < TimeSpan.Zero ? TimeSpan.Zero : atMost, Timeout.InfiniteTimeSpan);
        return _rung.WaitAsync(cancellationToken);
    }

    // The semaphore holds nothing that would have to be given back, and a late ring does it no harm.
    public void Dispose() => _timer.Dispose();
}
