using System.Collections.Concurrent;
using System.Diagnostics;

namespace ContinueWatching.Bench.Load;

/// <summary>
/// The clock of an open loop: gives each request the moment at which it is meant to start. Nobody free at that moment: the next who is
/// takes it late, and its latency counts from the moment all the same (no coordinated omission).
/// </summary>
internal sealed class Pacer(RateProfile profile, long start)
{
    private const int Tick = 1;

    private readonly ConcurrentQueue<(long At, TaskCompletionSource<long> Turn)> _waiting = new();
    private long _next;

    /// <summary>The timestamp at which the caller's next request is meant to start, when it has come; null when all are over.</summary>
    public async ValueTask<long?> NextAsync()
    {
        if (profile.DueAt(Interlocked.Increment(ref _next) - 1) is not { } seconds)
            return null;
        var at = start + (long)(seconds * Stopwatch.Frequency);
        if (at <= Stopwatch.GetTimestamp())
            return at;

        // What waits goes on in the pacer's own thread: a hop through the pool would be measured with it.
        var turn = new TaskCompletionSource<long>();
        _waiting.Enqueue((at, turn));
        return await turn.Task;
    }

    /// <summary>Wakes who is due, each millisecond, until <paramref name="finished"/>.</summary>
    public void Run(Task finished)
    {
        var isFinished = ((IAsyncResult)finished).AsyncWaitHandle;
        do
        {
            while (_waiting.TryPeek(out var first) && first.At <= Stopwatch.GetTimestamp() && _waiting.TryDequeue(out first))
                first.Turn.SetResult(first.At);
        }
        while (!isFinished.WaitOne(Tick));
    }
}
