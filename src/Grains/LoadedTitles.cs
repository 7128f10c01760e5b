using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>
/// The titles of one user that are in memory, newest first. Every title down to a horizon is there; below it, only those that
/// somebody reported. Beside them stand titles without a place: marked, forgotten, or known to be unwatched.
/// </summary>
/// <param name="erasedAt">The moment until which nothing of the user is known any more.</param>
internal sealed class LoadedTitles(DateTimeOffset? erasedAt = null)
{
    /// <summary>The most titles in memory, and so the depth to which the row is exact.</summary>
    public const int MaxTitles = 256;

    // A list, not a dictionary: the title being watched stands first, and 256 references are moved faster than one is hashed.
    private readonly List<TitleProgress> _newestFirst = [];

    private Dictionary<ContentId, TitleProgress>? _placeless;

    /// <summary>The place down to which all titles are in memory; null before the first page, and when all are.</summary>
    public TitleCursor? Horizon { get; private set; }

    /// <summary>Whether every title that the user ever watched is in memory.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The titles down to the horizon, newest first: those among which no title is missing.</summary>
    public IEnumerable<TitleProgress> WithoutGaps => IsComplete
        ? _newestFirst
        : Horizon is { } horizon
            ? _newestFirst.TakeWhile(title => !TitleCursor.Of(title).IsOlderThan(horizon))
            : [];

    /// <summary>The title, when it is in memory.</summary>
    public TitleProgress? Find(ContentId contentId)
    {
        var index = IndexOf(contentId);
        return index < 0 ? _placeless?.GetValueOrDefault(contentId) : _newestFirst[index];
    }

    /// <summary>The titles of a user of whom nothing is left: all of them, none.</summary>
    public static LoadedTitles Erased(DateTimeOffset at) => new(at) { IsComplete = true };

    /// <summary>Merges what is known of a title into memory, and drops the oldest title where one too many stands.</summary>
    /// <returns>All that is now known of the title.</returns>
    public TitleProgress Merge(TitleProgress title)
    {
        title = erasedAt is { } moment ? title.Since(moment) : title;
        var index = IndexOf(title.ContentId);
        if (index >= 0)
        {
            title = _newestFirst[index].Merge(title);
            _newestFirst.RemoveAt(index);
        }
        else if (_placeless?.Remove(title.ContentId, out var placeless) is true)
        {
            title = placeless.Merge(title);
        }

        if (title.IsEmpty)
        {
            return MergePlaceless(title);
        }

        var place = 0;
        while (place < _newestFirst.Count && Row.NewestFirst.Compare(_newestFirst[place], title) < 0)
        {
            place++;
        }

        _newestFirst.Insert(place, title);
        if (_newestFirst.Count > MaxTitles)
        {
            DropOldest();
        }

        return title;
    }

    /// <summary>Merges a page that was asked for behind <paramref name="before"/>, and moves the horizon down to its end.</summary>
    public void Merge(TitlePage page, TitleCursor? before)
    {
        // While the page was on its way another one may have come, or the oldest titles been dropped: then it closes no gap.
        var adjoins = before == Horizon && !IsComplete;
        if (adjoins)
        {
            IsComplete = page.End is null;
            Horizon = page.End;
        }

        _newestFirst.EnsureCapacity(_newestFirst.Count + page.Titles.Length);
        foreach (var title in page.Titles)
        {
            Merge(title);
        }
    }

    private TitleProgress MergePlaceless(TitleProgress title)
    {
        _placeless ??= [];
        if (_placeless.Count >= MaxTitles)
        {
            // Postgres knows it, too. What was forgotten last goes last: a device may still stand there.
            _placeless.Remove(_placeless.MinBy(entry => entry.Value.Marks.ChangedAt).Key);
        }

        return _placeless[title.ContentId] = title;
    }

    private int IndexOf(ContentId contentId)
    {
        for (var index = 0; index < _newestFirst.Count; index++)
        {
            if (_newestFirst[index].ContentId == contentId)
            {
                return index;
            }
        }

        return -1;
    }

    private void DropOldest()
    {
        var dropped = TitleCursor.Of(_newestFirst[^1]);
        _newestFirst.RemoveAt(_newestFirst.Count - 1);
        if (IsComplete || (Horizon is { } horizon && !dropped.IsOlderThan(horizon)))
        {
            IsComplete = false;
            Horizon = TitleCursor.Of(_newestFirst[^1]);
        }
    }
}
