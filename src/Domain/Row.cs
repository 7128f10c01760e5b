using System.Collections.Immutable;
using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>The continue-watching list: the unfinished titles, newest first.</summary>
public static class Row
{
    /// <summary>Orders titles as the row does, the newest resume point first; ties by the greater title id, as Postgres pages them.</summary>
    public static readonly IComparer<TitleProgress> NewestFirst = Comparer<TitleProgress>.Create(static (left, right) =>
    {
        var order = right.ResumePoint.WatchedAt.CompareTo(left.ResumePoint.WatchedAt);
        return order != 0 ? order : right.ContentId.CompareTo(left.ContentId);
    });

    /// <summary>
    /// The row over <paramref name="newestFirst"/>, titles in the order of <see cref="NewestFirst"/>: the first
    /// <see cref="Limits.Row"/> that are not finished. What leaves makes room for the next.
    /// </summary>
    public static ImmutableArray<RowEntry> Of(IEnumerable<TitleProgress> newestFirst, CompletionRule rule)
    {
        var row = ImmutableArray.CreateBuilder<RowEntry>(Limits.Row);
        foreach (var title in newestFirst)
        {
            if (title.IsFinished(rule))
            {
                continue;
            }

            var resume = title.ResumePoint;
            row.Add(new RowEntry(title.ContentId, resume.Position, title.Duration, resume.WatchedAt, resume.DeviceId));
            if (row.Count == Limits.Row)
            {
                break;
            }
        }

        return row.DrainToImmutable();
    }
}
