using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>What stands of a user beside titles: since when they are known, when their history was paused, and that they were erased.</summary>
public sealed record UserState
{
    /// <summary>The state of a user of whom nothing is known.</summary>
    public static readonly UserState Unknown = new();

    /// <summary>Since when the user is known; null while nothing is stored of them.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the history was last paused; null when never.</summary>
    public DateTimeOffset? PausedFrom { get; init; }

    /// <summary>When it went on; null while it is paused. The last pause alone is kept.</summary>
    public DateTimeOffset? PausedUntil { get; init; }

    /// <summary>When the user was erased, if within the last 30 days.</summary>
    public DateTimeOffset? ErasedAt { get; init; }

    /// <summary>When that was asked for; null to a grain that has not done it itself, for only the tombstone is stored.</summary>
    public DateTimeOffset? ErasureAskedAt { get; init; }

    /// <summary>Whether marks are stored of titles of this user.</summary>
    public bool HasMarks { get; init; }

    /// <summary>Whether the history is paused now.</summary>
    public bool IsPaused => PausedFrom is not null && PausedUntil is null;

    /// <summary>What becomes of a report of this user, and what of it is to be stored.</summary>
    public Verdict Judge(TitleProgress title, Register report) =>
        WasPausedAt(report.WatchedAt) ? new Verdict(ReportOutcome.Paused)
        : report.Position >= TitleProgress.IgnoredBelow && report.WatchedAt <= ErasedAt ? new Verdict(ReportOutcome.Stale)
        : title.Judge(report);

    /// <summary>Whether a place that comes with an import may be held: as a report it would not be refused for its moment or its place.</summary>
    public bool Takes(Register place) =>
        place.Position >= TitleProgress.IgnoredBelow && !WasPausedAt(place.WatchedAt) && !(place.WatchedAt <= ErasedAt);

    /// <summary>Whether the history was paused at <paramref name="moment"/>.</summary>
    public bool WasPausedAt(DateTimeOffset moment) => moment >= PausedFrom && !(moment >= PausedUntil);

    /// <summary>The state after the user was erased up to <paramref name="erasedAt"/>, as was asked for at <paramref name="askedAt"/>.</summary>
    public UserState Erase(DateTimeOffset erasedAt, DateTimeOffset askedAt) =>
        new() { ErasedAt = erasedAt, ErasureAskedAt = ErasureAskedAt > askedAt ? ErasureAskedAt : askedAt };

    /// <summary>
    /// Whether the user was erased after something was asked for that comes only now: it must not bring them back, and counts as done and
    /// erased. Where it is not known when the erasure was asked for, that holds as far as clocks agree.
    /// </summary>
    public bool IsErasedSince(DateTimeOffset askedAt) => askedAt < (ErasureAskedAt ?? ErasedAt - Limits.ClockDifference);

    /// <summary>
    /// The moment as of which something is stored now: after an erasure, which would hide it, and whose moment another clock may have set.
    /// </summary>
    public DateTimeOffset AfterErasure(DateTimeOffset moment) => ErasedAt >= moment ? ErasedAt.Value.AddMilliseconds(1) : moment;

    /// <summary>The state after the viewer has paused the history at <paramref name="askedAt"/>, or had it go on.</summary>
    public UserState Pause(bool paused, DateTimeOffset askedAt) =>
        paused == IsPaused || TitleMarks.IsAfter(paused ? PausedUntil : PausedFrom, askedAt) ? this
        : paused ? this with { PausedFrom = askedAt, PausedUntil = null }
        : this with { PausedUntil = askedAt > PausedFrom ? askedAt : PausedFrom };
}
