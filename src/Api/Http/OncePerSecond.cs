namespace ContinueWatching.Api.Http;

/// <summary>Lets one of many through per second: the log line of what thousands of requests meet at the same moment.</summary>
internal sealed class OncePerSecond(TimeProvider time)
{
    private static readonly long _quietTicks = TimeSpan.FromSeconds(1).Ticks;
    private long _last;

    /// <summary>Whether nobody else was let through within the last second.</summary>
    public bool IsFirst()
    {
        var now = time.GetUtcNow().UtcTicks;
        var last = Volatile.Read(ref _last);
        return now - last >= _quietTicks && Interlocked.CompareExchange(ref _last, now, last) == last;
    }
}
