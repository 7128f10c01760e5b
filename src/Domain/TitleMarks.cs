using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>
/// What stands of a title beside its places: that it was seen to its end, hidden, or forgotten. One version of it all stands, the one
/// changed last.
/// </summary>
public sealed record TitleMarks
{
    /// <summary>The marks of a title that has none.</summary>
    public static readonly TitleMarks None = new();

    // No two versions are of one moment, or one of them could be taken for the other.
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(1);

    /// <summary>When it was last seen to its end, or marked watched.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How often it was.</summary>
    public int PlayCount { get; init; }

    /// <summary>The moment until which its places do not bring it into the row.</summary>
    public DateTimeOffset? HiddenAt { get; init; }

    /// <summary>The moment until which its places are forgotten.</summary>
    public DateTimeOffset? ForgottenAt { get; init; }

    /// <summary>Which version this is: it grows with every change. UTC, whole milliseconds.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>The version that stands.</summary>
    public static TitleMarks Newer(TitleMarks left, TitleMarks right) => right.ChangedAt > left.ChangedAt ? right : left;

    /// <summary>
    /// After a report that saw the title to its end. Within half the title's length of the last time it is the same viewing still, and
    /// a report of earlier than that adds nothing.
    /// </summary>
    /// <param name="watchedAt">When it was.</param>
    /// <param name="length">How long the title is.</param>
    /// <param name="now">The moment of the change.</param>
    public TitleMarks CompletedBy(DateTimeOffset watchedAt, TimeSpan? length, DateTimeOffset now) =>
        watchedAt <= CompletedAt || IsSameViewing(watchedAt, length)
            ? this
            : ChangedBy(this with { CompletedAt = watchedAt, PlayCount = PlayCount + 1 }, now);

    /// <summary>After a viewer has marked the title watched, as of <paramref name="at"/>.</summary>
    public TitleMarks MarkWatched(DateTimeOffset at, TimeSpan? length, DateTimeOffset now) =>
        CompletedAt >= at ? this : ChangedBy(this with { CompletedAt = at, PlayCount = IsSameViewing(at, length) ? PlayCount : PlayCount + 1 }, now);

    /// <summary>After a viewer has taken back, at <paramref name="at"/>, that it was ever watched.</summary>
    public TitleMarks Unwatch(DateTimeOffset at, DateTimeOffset now) =>
        CompletedAt is null || IsAfter(CompletedAt, at) ? this : ChangedBy(this with { CompletedAt = null, PlayCount = 0 }, now);

    /// <summary>After a viewer has hidden it, as of <paramref name="at"/>.</summary>
    public TitleMarks Hide(DateTimeOffset at, DateTimeOffset now) =>
        HiddenAt >= at ? this : ChangedBy(this with { HiddenAt = at }, now);

    /// <summary>After a viewer has taken the hiding back, at <paramref name="at"/>.</summary>
    public TitleMarks Restore(DateTimeOffset at, DateTimeOffset now) =>
        HiddenAt is null || IsAfter(HiddenAt, at) ? this : ChangedBy(this with { HiddenAt = null }, now);

    /// <summary>After a viewer has had all of it forgotten, as of <paramref name="at"/>.</summary>
    public TitleMarks Forget(DateTimeOffset at, DateTimeOffset now)
    {
        var forgotten = this with { ForgottenAt = Later(ForgottenAt, at), HiddenAt = IsAfter(HiddenAt, at) ? HiddenAt : null };
        forgotten = IsAfter(CompletedAt, at) ? forgotten : forgotten with { CompletedAt = null, PlayCount = 0 };
        return forgotten == this ? this : ChangedBy(forgotten, now);
    }

    /// <summary>
    /// Whether <paramref name="moment"/> is later than <paramref name="asked"/>, whatever the clocks that set them: of what a viewer asks for, it
    /// is not meant.
    /// </summary>
    public static bool IsAfter(DateTimeOffset? moment, DateTimeOffset asked) => moment > asked + Limits.ClockDifference;

    /// <summary>Both brought together, as an import does: the later of each moment stands, and the greater count.</summary>
    public TitleMarks Import(TitleMarks other, DateTimeOffset now)
    {
        var forgottenAt = Later(ForgottenAt, other.ForgottenAt);
        var merged = this with
        {
            CompletedAt = Later(CompletedAt, other.CompletedAt) is { } completedAt && !(completedAt <= forgottenAt) ? completedAt : null,
            HiddenAt = Later(HiddenAt, other.HiddenAt) is { } hiddenAt && !(hiddenAt <= forgottenAt) ? hiddenAt : null,
            ForgottenAt = forgottenAt,
        };
        merged = merged with { PlayCount = merged.CompletedAt is null ? 0 : Math.Max(PlayCount, other.PlayCount) };
        return merged == this ? this : ChangedBy(merged, now);
    }

    private bool IsSameViewing(DateTimeOffset at, TimeSpan? length) =>
        CompletedAt is { } last && length is { } known && at - last < known / 2;

    private TitleMarks ChangedBy(TitleMarks changed, DateTimeOffset now) =>
        changed with { ChangedAt = now > ChangedAt ? now : ChangedAt + _step };

    private static DateTimeOffset? Later(DateTimeOffset? left, DateTimeOffset? right) => left is null || right > left ? right : left;
}
