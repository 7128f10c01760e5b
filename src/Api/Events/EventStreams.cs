using Microsoft.Extensions.Options;

namespace ContinueWatching.Api.Events;

/// <summary>How many streams this process has, and may have.</summary>
internal sealed class EventStreams(IOptions<ApiSettings> settings)
{
    private int _open;

    /// <summary>How many there are.</summary>
    public int Open => Volatile.Read(ref _open);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= settings.Value.MaxEventStreams)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _open);
}
