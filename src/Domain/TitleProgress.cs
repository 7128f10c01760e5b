using System.Collections.Immutable;
using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>
/// How far one user is in one title: the registers of its devices, and when each device was last heard of. Immutable; merging is
/// commutative, associative and idempotent, so that whoever has seen the same reports holds the same registers.
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

    private TitleProgress(ContentId contentId, ImmutableArray<Held> newestFirst)
    {
        ContentId = contentId;
        _newestFirst = newestFirst;
    }

    /// <summary>The title.</summary>
    public ContentId ContentId { get; }

    /// <summary>Whether no device has left a place in the title.</summary>
    public bool IsEmpty => _newestFirst.IsEmpty;

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
    public static TitleProgress Unwatched(ContentId contentId) => new(contentId, []);

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

        if (Find(report.DeviceId) is { } held)
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

        var next = Merge(report);
        if (next.Find(report.DeviceId) is null)
        {
            return new Verdict(ReportOutcome.Superseded);
        }

        var outcome = next.ResumePoint.DeviceId == report.DeviceId ? ReportOutcome.Applied : ReportOutcome.Superseded;
        return new Verdict(outcome, report, EvictedBy(next));
    }

    /// <summary>The title with <paramref name="register"/> merged in, and the oldest register evicted where a ninth would stand.</summary>
    public TitleProgress Merge(Register register) => Merge(new Held(register, register.WatchedAt));

    /// <summary>Both merged: all that either knows.</summary>
    public TitleProgress Merge(TitleProgress other) =>
        other._newestFirst.Aggregate(this, (merged, held) => merged.Merge(held));

    /// <summary>The title with <paramref name="device"/> heard of at <paramref name="moment"/>, though it brought nothing to store.</summary>
    public TitleProgress Saw(DeviceId device, DateTimeOffset moment) =>
        Find(device) is { } held && held.LastSeen < moment
            ? new TitleProgress(ContentId, _newestFirst.Replace(held, held with { LastSeen = moment }))
            : this;

    /// <summary>Whether the viewer has seen the title to its end.</summary>
    public bool IsFinished(CompletionRule rule) => !IsEmpty && rule.IsFinished(ResumePoint.Position, Duration);

    /// <summary>The resume point as callers see it; null when the title <see cref="IsEmpty"/>.</summary>
    public WatchStatus? ToStatus(CompletionRule rule) => IsEmpty
        ? null
        : new WatchStatus(ContentId, ResumePoint.Position, Duration, ResumePoint.WatchedAt, ResumePoint.DeviceId, IsFinished(rule));

    private TitleProgress Merge(Held held)
    {
        var others = _newestFirst;
        if (Find(held.Register.DeviceId) is { } known)
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
        return new TitleProgress(ContentId, merged.Length > MaxRegisters ? merged.RemoveAt(MaxRegisters) : merged);
    }

    private Held? Find(DeviceId device)
    {
        foreach (var held in _newestFirst)
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
        return last is { } held && next.Find(held.Register.DeviceId) is null ? held.Register : null;
    }

    // LastSeen is never before the register's own time.
    private readonly record struct Held(Register Register, DateTimeOffset LastSeen)
    {
        public Held Merge(Held other) =>
            new(Register.Merge(other.Register), LastSeen > other.LastSeen ? LastSeen : other.LastSeen);
    }
}

/// <summary>What becomes of a report.</summary>
/// <param name="Outcome">The answer to the player.</param>
/// <param name="Stored">The register to store; null when there is nothing to store.</param>
/// <param name="Evicted">The register of another device that makes room for it, to be deleted in the same commit.</param>
public readonly record struct Verdict(ReportOutcome Outcome, Register? Stored = null, Register? Evicted = null);
