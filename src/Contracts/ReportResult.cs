using System.Collections.Immutable;

namespace ContinueWatching.Contracts;

/// <summary>What became of a report.</summary>
public enum ReportOutcome
{
    /// <summary>Stored, and now the title's resume point.</summary>
    Applied = 0,

    /// <summary>Another device's register is newer, and stays the title's resume point.</summary>
    Superseded = 1,

    /// <summary>The device has not moved since its last report. Nothing is stored: a paused player wins nothing.</summary>
    Unchanged = 2,

    /// <summary>
    /// Not newer than what is known of the device, or than the moment at which the title was forgotten or the user erased. Nothing is
    /// stored.
    /// </summary>
    Stale = 3,

    /// <summary>Under one second into the title. Nothing is stored: a player that is still loading wipes no place.</summary>
    Ignored = 4,

    /// <summary>The user's history was paused at that moment. Nothing is stored.</summary>
    Paused = 5,

    /// <summary>One report of a batch that has a fault, told in <see cref="ReportResult.Fault"/>. Nothing is stored.</summary>
    Invalid = 6,
}

/// <summary>The answer to a report. Whatever outcome it tells, what the outcome rests on is committed in Postgres.</summary>
/// <param name="Outcome">What became of the report.</param>
/// <param name="Status">The title's resume point after it; null when there is none (a first report that was ignored).</param>
/// <param name="NextReportIn">When the player should report again if nothing happens before.</param>
[GenerateSerializer, Immutable, Alias("cw.ReportResult")]
public sealed record ReportResult(
    [property: Id(0)] ReportOutcome Outcome,
    [property: Id(1)] WatchStatus? Status,
    [property: Id(2)] TimeSpan NextReportIn)
{
    /// <summary>
    /// Where the reporting device's user is on other devices, newest first, where that differs: an app may offer to jump there.
    /// </summary>
    [Id(3)]
    public ImmutableArray<Place> Elsewhere { get; init; } = [];

    /// <summary>What is wrong with a report of a batch; null but for <see cref="ReportOutcome.Invalid"/>.</summary>
    [Id(4)]
    public Fault? Fault { get; init; }
}
