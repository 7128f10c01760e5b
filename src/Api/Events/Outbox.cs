using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Events;

/// <summary>
/// What one stream still has to tell: of each title and of the row the newest, so that a slow reader costs no more than a fast one. It
/// gives out each title once in an interval.
/// </summary>
internal sealed class Outbox(TimeProvider time, Alarm alarm)
{
    /// <summary>The most titles that wait, and the most told in an interval.</summary>
    public const int MaxTitles = 64;

    /// <summary>How often a title is told at most.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ContentId, TitleChange> _titles = [];
    private readonly Dictionary<ContentId, long> _toldAt = [];
    private ImmutableArray<RowEntry>? _row;
    private bool _begun;

    /// <summary>Puts places in, over older ones of the same titles.</summary>
    /// <returns>False when there are too many: they are dropped, and a row has to stand for them.</returns>
    public bool TryPut(ImmutableArray<TitleChange> titles)
    {
        lock (_lock)
        {
            foreach (var title in titles)
            {
                _titles[title.ContentId] = title;
            }

            if (_titles.Count > MaxTitles)
            {
                _titles.Clear();
                return false;
            }
        }

        alarm.Ring();
        return true;
    }

    /// <summary>Puts a row in, over an older one. What waits and is older than the row must not be told after it.</summary>
    public void Put(ImmutableArray<RowEntry> row)
    {
        lock (_lock)
        {
            _row = row;
            foreach (var entry in row)
            {
                if (_titles.TryGetValue(entry.ContentId, out var title) && title.Status?.WatchedAt < entry.WatchedAt)
                {
                    _titles.Remove(entry.ContentId);
                }
            }
        }

        alarm.Ring();
    }

    /// <summary>Takes out what may be told now: the row first of all, and from then on a title before the row.</summary>
    /// <param name="title">A place.</param>
    /// <param name="row">The row.</param>
    /// <param name="wait">When there is neither: how long it is until there may be.</param>
    public bool TryTake(out TitleChange? title, out ImmutableArray<RowEntry>? row, out TimeSpan wait)
    {
        lock (_lock)
        {
            (title, row, wait) = (null, null, Timeout.InfiniteTimeSpan);
            if (_begun && TryTakeTitle(out title, ref wait))
            {
                return true;
            }

            (row, _row) = (_row, null);
            _begun |= row is not null;
            return row is not null;
        }
    }

    private bool TryTakeTitle([NotNullWhen(true)] out TitleChange? taken, ref TimeSpan wait)
    {
        taken = null;
        if (_titles.Count == 0)
        {
            return false;
        }

        var now = time.GetTimestamp();
        var oldest = TimeSpan.Zero;
        foreach (var (title, toldAt) in _toldAt)
        {
            var age = time.GetElapsedTime(toldAt, now);
            if (age >= Interval)
            {
                _toldAt.Remove(title);
            }
            else if (age > oldest)
            {
                oldest = age;
            }
        }

        if (_toldAt.Count < MaxTitles)
        {
            taken = _titles.Values.FirstOrDefault(title => !_toldAt.ContainsKey(title.ContentId));
        }

        if (taken is null)
        {
            wait = Interval - oldest;
            return false;
        }

        _titles.Remove(taken.ContentId);
        _toldAt[taken.ContentId] = now;
        return true;
    }
}
