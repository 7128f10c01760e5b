using System.Collections.Immutable;
using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>
/// How far one user is in one title: the registers of its devices, when each device was last heard of, and the title's marks.
/// Immutable; merging is commutative, associative and idempotent, so that whoever has seen the same reports holds the same registers.
/// </summary>
public sealed class TitleProgress
{
    /// <summary>The most registers that a title keeps; a further device evicts the oldest.</summary>
    public const int MaxRegisters = 8;

    /// <summary>A report this near to its device's register is no news.</summary>
    public static readonly TimeSpan UnchangedWithin = TimeSpan.FromMilliseconds(250);

    /// <summary>Below this a player is still loading, and its report is no place to go on from.</summary>
    public static readonly TimeSpan IgnoredBelow = TimeSpan.FromSeconds(1);

    // The resume point first, the next to be evicted last.
    private readonly ImmutableArray<Held> _newestFirst;

    // Where the devices stood when the title was forgotten: one that still ticks there, paused, does not bring it back.
    private readonly ImmutableArray<Held> _forgotten;

    private TitleProgress(
        ContentId contentId, ImmutableArray<Held> newestFirst, TitleMarks marks, ImmutableArray<Held> forgotten, bool wasOpened)
    {
        WasOpened = wasOpened;
        ContentId = contentId;
        Marks = marks;
        _newestFirst = newestFirst;
        _forgotten = forgotten;
    }

    /// <summary>The title.</summary>
    public ContentId ContentId { get; }

    /// <summary>What stands of the title beside the places.</summary>
    public TitleMarks Marks { get; }

    /// <summary>Whether no device has left a place in the title.</summary>
    public bool IsEmpty => _newestFirst.IsEmpty;

    /// <summary>Whether a device was heard of within the first second, from which no place is kept. Known while in memory.</summary>
    public bool WasOpened { get; }

    /// <summary>The newest register over all devices: where the viewer goes on.</summary>
    /// <exception cref="InvalidOperationException">The title <see cref="IsEmpty"/>.</exception>
    public Register ResumePoint => IsEmpty
        ? throw new InvalidOperationException($"Nobody has watched {ContentId}.")
        : _newestFirst[0].Register;

    /// <summary>How long the title is: as the resume point's device told, else as the newest device told that knows.</summary>
    public TimeSpan? Duration
    {
        get
        {
            foreach (var held in _newestFirst)
            {
                if (held.Register.Duration is { } duration)
                {
                    return duration;
                }
            }

            return null;
        }
    }

    /// <summary>The registers, the resume point first.</summary>
    public IEnumerable<Register> Registers => _newestFirst.Select(held => held.Register);

    /// <summary>A title that nobody has watched.</summary>
    public static TitleProgress Unwatched(ContentId contentId) => new(contentId, [], TitleMarks.None, [], wasOpened: false);

    /// <summary>
    /// What becomes of a report, and what of it is to be stored. The caller stores that first, and only then merges it here, or for an
    /// <see cref="ReportOutcome.Unchanged"/> one tells <see cref="Saw"/>.
    /// </summary>
    public Verdict Judge(Register report)
    {
        if (report.Position < IgnoredBelow)
        {
            return new Verdict(ReportOutcome.Ignored);
        }

        if (report.WatchedAt <= Marks.ForgottenAt)
        {
            return new Verdict(ReportOutcome.Stale);
        }

        if (Find(_newestFirst, report.DeviceId) is { } held)
        {
            if (!report.IsNewerThan(held.Register) || (held.LastSeen > held.Register.WatchedAt && report.WatchedAt <= held.LastSeen))
            {
                return new Verdict(ReportOutcome.Stale);
            }

            if ((report.Position - held.Register.Position).Duration() <= UnchangedWithin)
            {
                return new Verdict(ReportOutcome.Unchanged);
            }
        }
        else if (Find(_forgotten, report.DeviceId) is { } forgotten
            && (report.Position - forgotten.Register.Position).Duration() <= UnchangedWithin)
        {
            return new Verdict(ReportOutcome.Unchanged);
        }

        var next = Merge(report);
        if (Find(next._newestFirst, report.DeviceId) is null)
        {
            return new Verdict(ReportOutcome.Superseded);
        }

        var outcome = next.ResumePoint.DeviceId == report.DeviceId ? ReportOutcome.Applied : ReportOutcome.Superseded;
        return new Verdict(outcome, report, EvictedBy(next));
    }

    /// <summary>The title with <paramref name="register"/> merged in, and the oldest register evicted where a ninth would stand.</summary>
    public TitleProgress Merge(Register register) => Merge(new Held(register, register.WatchedAt));

    /// <summary>Both merged: all that either knows.</summary>
    public TitleProgress Merge(TitleProgress other)
    {
        var newer = other.Marks.ChangedAt > Marks.ChangedAt ? other : this;
        var merged = With(newer.Marks, newer._forgotten);
        merged = other.WasOpened ? merged.Opened() : merged;
        foreach (var held in other._newestFirst)
        {
            merged = merged.Merge(held);
        }

        return merged;
    }

    /// <summary>
    /// The title with what <paramref name="stored"/> tells beside <paramref name="own"/>: a write that stood in part is judged anew, and
    /// must not be taken for a repeat of itself.
    /// </summary>
    public TitleProgress MergeOthers(TitleProgress stored, IReadOnlyCollection<Register> own) => stored.Registers
        .Where(register => !own.Any(one =>
            (one.DeviceId, one.WatchedAt, one.Position) == (register.DeviceId, register.WatchedAt, register.Position)))
        .Aggregate(Merge(Unwatched(ContentId).With(stored.Marks)), (title, register) => title.Merge(register));

    /// <summary>The title with other marks, without the places that these say are forgotten.</summary>
    public TitleProgress With(TitleMarks marks) => With(marks, _forgotten);

    /// <summary>What of the title is later than <paramref name="moment"/>, at which the user was erased.</summary>
    public TitleProgress Since(DateTimeOffset moment) => new(
        ContentId,
        _newestFirst.RemoveAll(held => held.Register.WatchedAt <= moment),
        Marks.ChangedAt <= moment ? TitleMarks.None : Marks,
        _forgotten,
        WasOpened);

    /// <summary>The title after all of it was forgotten by <paramref name="marks"/>.</summary>
    public TitleProgress Forget(TitleMarks marks)
    {
        // A device that has not been heard of since an earlier forgetting still stands where it stood then.
        var places = _newestFirst;
        return With(marks, [.. places.Concat(_forgotten.Where(held => Find(places, held.Register.DeviceId) is null)).Take(MaxRegisters)]);
    }

    /// <summary>The title with <paramref name="device"/> heard of at <paramref name="moment"/>, though it brought nothing to store.</summary>
    public TitleProgress Saw(DeviceId device, DateTimeOffset moment) =>
        Find(_newestFirst, device) is { } held && held.LastSeen < moment
            ? new TitleProgress(ContentId, _newestFirst.Replace(held, held with { LastSeen = moment }), Marks, _forgotten, WasOpened)
            : this;

    /// <summary>The title with a device heard of at its very start.</summary>
    public TitleProgress Opened() => WasOpened ? this : new TitleProgress(ContentId, _newestFirst, Marks, _forgotten, wasOpened: true);

    /// <summary>How long the title is: as the catalogue says, else as the devices do (<see cref="Duration"/>).</summary>
    public TimeSpan? DurationIn(Title? catalogued) => catalogued?.Duration ?? Duration;

    /// <summary>Whether the title's place is at its end.</summary>
    public bool IsFinished(CompletionRule rule, Title? catalogued = null) =>
        !IsEmpty && rule.IsFinished(ResumePoint.Position, DurationIn(catalogued), catalogued?.CreditsStart);

    /// <summary>Whether it was marked watched, or seen to its end by a rule that no longer holds, since it was last watched.</summary>
    public bool IsMarkedWatched => Marks.CompletedAt is { } at && (IsEmpty || at >= ResumePoint.WatchedAt);

    /// <summary>Whether the viewer is through with the title.</summary>
    public bool IsWatched(CompletionRule rule, Title? catalogued = null) => IsMarkedWatched || IsFinished(rule, catalogued);

    /// <summary>Whether it was hidden since <paramref name="moment"/>.</summary>
    public bool IsHiddenSince(DateTimeOffset moment) => Marks.HiddenAt >= moment;

    /// <summary>The marks after <paramref name="report"/> was stored: changed when that saw the title to its end.</summary>
    public TitleMarks MarksAfter(Register report, CompletionRule rule, Title? catalogued, DateTimeOffset now)
    {
        var duration = catalogued?.Duration ?? report.Duration ?? Find(_newestFirst, report.DeviceId)?.Register.Duration ?? Duration;
        return rule.IsFinished(report.Position, duration, catalogued?.CreditsStart)
            ? Marks.CompletedBy(report.WatchedAt, duration ?? catalogued?.CreditsStart, now)
            : Marks;
    }

    /// <summary>
    /// The marks after the viewer has hidden the title. One without a place is hidden only where it stands for another.
    /// </summary>
    /// <param name="shownAt">The moment of the row's entry for it; null when the row has none.</param>
    /// <param name="askedAt">When the viewer asked for it.</param>
    /// <param name="now">The moment of the change.</param>
    public TitleMarks MarksWhenHidden(DateTimeOffset? shownAt, DateTimeOffset askedAt, DateTimeOffset now)
    {
        var at = NotBeforePlace(askedAt);
        return IsEmpty && shownAt is null ? Marks : Marks.Hide(shownAt > at && !TitleMarks.IsAfter(shownAt, askedAt) ? shownAt.Value : at, now);
    }

    /// <summary>The marks after the viewer has marked the title watched: as they are when the viewer is through with it.</summary>
    public TitleMarks MarksWhenWatched(CompletionRule rule, Title? catalogued, DateTimeOffset askedAt, DateTimeOffset now) =>
        IsWatched(rule, catalogued) && Marks.CompletedAt is not null
            ? Marks
            : Marks.MarkWatched(NotBeforePlace(askedAt), DurationIn(catalogued), now);

    /// <summary>
    /// The marks after the viewer has had the title forgotten: as they are when there was never anything to forget. Forgotten again, the
    /// later moment counts: what a device has not sent yet may be of the time between.
    /// </summary>
    public TitleMarks MarksWhenForgotten(DateTimeOffset askedAt, DateTimeOffset now) =>
        IsEmpty && Marks is { CompletedAt: null, HiddenAt: null, ForgottenAt: null } ? Marks : Marks.Forget(NotBeforePlace(askedAt), now);

    /// <summary>
    /// The moment for what was said of the title at <paramref name="askedAt"/>: not before its resume point, which another clock may have put
    /// ahead of it; but one that is later by any clock came afterwards.
    /// </summary>
    public DateTimeOffset NotBeforePlace(DateTimeOffset askedAt) =>
        !IsEmpty && ResumePoint.WatchedAt is var place && place > askedAt && !TitleMarks.IsAfter(place, askedAt) ? place : askedAt;

    /// <summary>The places on devices other than <paramref name="device"/> that are not <paramref name="position"/>, newest first.</summary>
    public ImmutableArray<Place> Elsewhere(DeviceId device, TimeSpan position)
    {
        if (_newestFirst.Length < 2 && (IsEmpty || ResumePoint.DeviceId == device))
        {
            return [];
        }

        var places = ImmutableArray.CreateBuilder<Place>();
        foreach (var (register, _) in _newestFirst)
        {
            if (register.DeviceId != device && (register.Position - position).Duration() > UnchangedWithin)
            {
                places.Add(new Place(register.DeviceId, register.Position, register.WatchedAt));
            }
        }

        return places.DrainToImmutable();
    }

    /// <summary>The resume point as callers see it; null when the title was neither watched nor marked watched.</summary>
    public WatchStatus? ToStatus(CompletionRule rule, Title? catalogued = null)
    {
        if (IsEmpty)
        {
            return Marks.CompletedAt is not { } markedAt ? null
                : new WatchStatus(ContentId, TimeSpan.Zero, catalogued?.Duration, markedAt, default, Completed: true)
                {
                    CompletedAt = markedAt,
                    PlayCount = Marks.PlayCount,
                };
        }

        var resume = ResumePoint;
        return new WatchStatus(
            ContentId, resume.Position, DurationIn(catalogued), resume.WatchedAt, resume.DeviceId, IsWatched(rule, catalogued))
        {
            CompletedAt = Marks.CompletedAt,
            PlayCount = Marks.PlayCount,
            Elsewhere = Elsewhere(resume.DeviceId, resume.Position),
        };
    }

    private TitleProgress With(TitleMarks marks, ImmutableArray<Held> forgotten)
    {
        if (ReferenceEquals(marks, Marks))
        {
            return this;
        }

        var kept = marks.ForgottenAt is { } moment ? _newestFirst.RemoveAll(held => held.Register.WatchedAt <= moment) : _newestFirst;
        return new TitleProgress(ContentId, kept, marks, forgotten, WasOpened);
    }

    private TitleProgress Merge(Held held)
    {
        if (held.Register.WatchedAt <= Marks.ForgottenAt)
        {
            return this;
        }

        var others = _newestFirst;
        if (Find(others, held.Register.DeviceId) is { } known)
        {
            held = known.Merge(held);
            if (held == known)
            {
                return this;
            }

            others = others.Remove(known);
        }

        var place = 0;
        while (place < others.Length && Register.Compare(others[place].Register, held.Register) > 0)
        {
            place++;
        }

        var merged = others.Insert(place, held);
        return new TitleProgress(ContentId, merged.Length > MaxRegisters ? merged.RemoveAt(MaxRegisters) : merged, Marks, _forgotten, WasOpened);
    }

    private static Held? Find(ImmutableArray<Held> among, DeviceId device)
    {
        foreach (var held in among)
        {
            if (held.Register.DeviceId == device)
            {
                return held;
            }
        }

        return null;
    }

    private Register? EvictedBy(TitleProgress next)
    {
        var last = _newestFirst.Length == MaxRegisters ? _newestFirst[^1] : (Held?)null;
        return last is { } held && Find(next._newestFirst, held.Register.DeviceId) is null ? held.Register : null;
    }

    // LastSeen is never before the register's own time. In ticks, as the register's.
    private readonly record struct Held(Register Register, DateTimeOffset LastSeen)
    {
        private readonly long _lastSeen = LastSeen.UtcTicks;

        public DateTimeOffset LastSeen
        {
            get => new(_lastSeen, TimeSpan.Zero);
            init => _lastSeen = value.UtcTicks;
        }

        public Held Merge(Held other) =>
            new(Register.Merge(other.Register), LastSeen > other.LastSeen ? LastSeen : other.LastSeen);
    }
}

/// <summary>What becomes of a report.</summary>
/// <param name="Outcome">The answer to the player.</param>
/// <param name="Stored">The register to store; null when there is nothing to store.</param>
/// <param name="Evicted">The register of another device that makes room for it, to be deleted in the same commit.</param>
public readonly record struct Verdict(ReportOutcome Outcome, Register? Stored = null, Register? Evicted = null);
