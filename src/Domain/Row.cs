using System.Collections.Immutable;
using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>Looks a title up in the catalogue.</summary>
/// <returns>Whether it is known what the catalogue says; <paramref name="title"/> is null when that is nothing.</returns>
public delegate bool FindTitle(ContentId contentId, out Title? title);

/// <summary>Looks up how far the user is in a title; null when that is not known.</summary>
public delegate TitleProgress? FindProgress(ContentId contentId);

/// <summary>
/// The continue-watching list: the unfinished titles, newest first, a series once. It asks only for what it needs; what is not known
/// stands in <see cref="UnknownTitles"/> and <see cref="UnknownProgress"/>, and until that is looked up the row is a guess.
/// </summary>
public sealed class Row
{
    /// <summary>Orders titles as the row does, the newest resume point first; ties by the greater title id, as Postgres pages them.</summary>
    public static readonly IComparer<TitleProgress> NewestFirst = Comparer<TitleProgress>.Create(static (left, right) =>
    {
        var order = right.ResumePoint.WatchedAt.CompareTo(left.ResumePoint.WatchedAt);
        return order != 0 ? order : right.ContentId.CompareTo(left.ContentId);
    });

    /// <summary>How far the next episodes of a finished one are followed.</summary>
    public const int MaxChain = 50;

    private readonly CompletionRule _rule;
    private readonly FindTitle _findTitle;
    private readonly FindProgress _findProgress;
    private readonly List<RowEntry> _entries = new(Limits.Row);
    private Dictionary<SeriesId, Reason>? _series;
    private List<ContentId>? _unknownTitles;
    private List<ContentId>? _unknownProgress;

    private Row(CompletionRule rule, FindTitle findTitle, FindProgress findProgress) =>
        (_rule, _findTitle, _findProgress) = (rule, findTitle, findProgress);

    /// <summary>The entries, at most <see cref="Limits.Row"/>; a copy.</summary>
    public ImmutableArray<RowEntry> Entries => [.. _entries];

    /// <summary>Whether there is no room for another entry.</summary>
    public bool IsFull => _entries.Count == Limits.Row;

    /// <summary>Titles of which the catalogue must be asked first.</summary>
    public IReadOnlyCollection<ContentId> UnknownTitles => _unknownTitles ?? [];

    /// <summary>Titles of which the user's places must be loaded first.</summary>
    public IReadOnlyCollection<ContentId> UnknownProgress => _unknownProgress ?? [];

    /// <summary>Whether nothing had to be guessed.</summary>
    public bool IsCertain => _unknownTitles is null && _unknownProgress is null;

    /// <summary>
    /// The row over <paramref name="newestFirst"/>, titles in the order of <see cref="NewestFirst"/>. What leaves makes room for the next.
    /// </summary>
    public static Row Of(IEnumerable<TitleProgress> newestFirst, CompletionRule rule, FindTitle findTitle, FindProgress findProgress)
    {
        var row = new Row(rule, findTitle, findProgress);
        foreach (var title in newestFirst)
        {
            if (row.Take(title).Entry is not null && row.IsFull)
            {
                break;
            }
        }

        return row;
    }

    /// <summary>Says why <paramref name="asked"/> is, or is not, in the row over <paramref name="newestFirst"/>.</summary>
    /// <returns>The reason, as certain as <paramref name="row"/>.</returns>
    public static RowExplanation Explain(
        TitleProgress asked,
        UserState user,
        IEnumerable<TitleProgress> newestFirst,
        CompletionRule rule,
        FindTitle findTitle,
        FindProgress findProgress,
        out Row row)
    {
        row = new Row(rule, findTitle, findProgress);
        RowExplanation? leftOut = null;
        foreach (var title in newestFirst)
        {
            if (leftOut is not null && row._entries.Count >= Limits.Row)
            {
                break;
            }

            var judged = row.Take(title);
            if (judged.Entry?.ContentId == asked.ContentId)
            {
                return Explanation.Of(judged.Entry, title, row._entries.Count);
            }

            if (title.ContentId == asked.ContentId)
            {
                // It may still stand for another title, further down.
                leftOut = judged.Entry is { } next
                    ? Explanation.StoodFor(next, judged.Reason, row._entries.Count)
                    : Explanation.Of(judged.Reason);
            }
        }

        return leftOut ?? row.ExplainAbsent(asked, user);
    }

    // A title that was not among those of the row: never watched, or too long ago.
    private RowExplanation ExplainAbsent(TitleProgress asked, UserState user)
    {
        Ask(asked.ContentId, out var catalogued);
        var other = catalogued?.SeriesId is { } series && _series?.TryGetValue(series, out var known) is true ? known : (Reason?)null;
        return asked.IsEmpty ? Explanation.Unwatched(asked, user, other)
            : other is not null ? Explanation.Of(other.Value)
            : Judge(asked, catalogued) is { Entry: null } leftOut ? Explanation.Of(leftOut.Reason)
            : Explanation.TooLongAgo(asked);
    }

    private Judged Take(TitleProgress title)
    {
        Ask(title.ContentId, out var catalogued);
        if (catalogued?.SeriesId is { } series && !(_series ??= []).TryAdd(series, Reason.AnotherEpisode(title)))
        {
            // The first of a series to come is the last watched of it, and stands or falls for them all.
            return new Judged(_series[series]);
        }

        var judged = Judge(title, catalogued);
        if (judged.Entry is { } entry)
        {
            // What stands for a finished title can have been begun itself, or lead into a series of which another episode was watched later.
            if (Shows(entry.ContentId)
                || (entry.SeriesId is { } entered && entered != catalogued?.SeriesId
                    && !(_series ??= []).TryAdd(entered, Reason.Followed(title, entry.ContentId))))
            {
                return new Judged(judged.Reason);
            }

            _entries.Add(entry);
        }

        return judged;
    }

    private bool Shows(ContentId contentId)
    {
        foreach (var entry in _entries)
        {
            if (entry.ContentId == contentId)
            {
                return true;
            }
        }

        return false;
    }

    private Judged Judge(TitleProgress head, Title? catalogued)
    {
        var resume = head.ResumePoint;
        if (head.IsHiddenSince(resume.WatchedAt))
        {
            return new Judged(Reason.Hidden(head));
        }

        if (!head.IsWatched(_rule, catalogued))
        {
            return new Judged(Reason.InProgress, new RowEntry(
                head.ContentId, resume.Position, head.DurationIn(catalogued), resume.WatchedAt, resume.DeviceId)
            {
                SeriesId = catalogued?.SeriesId,
            });
        }

        var watched = head.IsFinished(_rule, catalogued) ? Reason.Finished(head, catalogued, _rule) : Reason.MarkedWatched(head);
        return FollowChain(head, catalogued, watched);
    }

    // What stands for a finished episode: the first one behind it that is not through, or that was seen less often (the series is being
    // watched again). One that the catalogue does not have yet is waited for.
    private Judged FollowChain(TitleProgress head, Title? catalogued, Reason watched)
    {
        for (var steps = 0; steps < MaxChain && catalogued?.NextContentId is { } nextId; steps++)
        {
            if (!Ask(nextId, out catalogued) || catalogued is null)
            {
                break;
            }

            if (_findProgress(nextId) is not { } next)
            {
                (_unknownProgress ??= []).Add(nextId);
                break;
            }

            if (next.IsHiddenSince(head.ResumePoint.WatchedAt))
            {
                return new Judged(Reason.Hidden(next));
            }

            var isThrough = next.IsWatched(_rule, catalogued);
            if (!isThrough || next.Marks.PlayCount < head.Marks.PlayCount)
            {
                return new Judged(watched, new RowEntry(
                    nextId,
                    isThrough || next.IsEmpty ? TimeSpan.Zero : next.ResumePoint.Position,
                    next.DurationIn(catalogued),
                    head.ResumePoint.WatchedAt,
                    head.ResumePoint.DeviceId)
                {
                    SeriesId = catalogued.SeriesId,
                    Reason = RowReason.NextEpisode,
                });
            }
        }

        return new Judged(watched);
    }

    private bool Ask(ContentId contentId, out Title? catalogued)
    {
        if (_findTitle(contentId, out catalogued))
        {
            return true;
        }

        (_unknownTitles ??= []).Add(contentId);
        return false;
    }

    // What the row says of a title; an entry when that, or what stands for it, is in the row.
    private readonly record struct Judged(Reason Reason, RowEntry? Entry = null);
}
