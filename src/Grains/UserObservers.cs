using System.Collections.Immutable;
using ContinueWatching.Contracts;

namespace ContinueWatching.Grains;

/// <summary>Who hears what changes for one user. It exists while somebody does.</summary>
internal sealed class UserObservers(TimeProvider time)
{
    private readonly Guid _epoch = Guid.NewGuid();
    private readonly Dictionary<IUserObserver, long> _renewedAt = [];
    private long _version;

    public bool IsEmpty => _renewedAt.Count == 0;

    /// <summary>Adds an observer or renews it; null when there are too many.</summary>
    public Subscription? Add(IUserObserver observer)
    {
        DropExpired();
        var isNew = !_renewedAt.ContainsKey(observer);
        if (isNew && _renewedAt.Count >= Limits.ObserversPerUser)
        {
            return null;
        }

        _renewedAt[observer] = time.GetTimestamp();
        return new Subscription(_epoch, _version, isNew);
    }

    public void Remove(IUserObserver observer) => _renewedAt.Remove(observer);

    /// <summary>Tells everybody, and waits for nobody.</summary>
    public void Tell(ImmutableArray<TitleChange> titles, ChangedParts parts)
    {
        DropExpired();
        var change = new UserChange(_epoch, ++_version) { Titles = titles, Parts = parts };
        foreach (var observer in _renewedAt.Keys)
        {
            observer.ChangedAsync(change).Ignore();
        }
    }

    private void DropExpired()
    {
        foreach (var (observer, renewedAt) in _renewedAt)
        {
            if (time.GetElapsedTime(renewedAt) >= Limits.Subscription)
            {
                _renewedAt.Remove(observer);
            }
        }
    }
}
