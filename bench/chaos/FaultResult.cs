namespace ContinueWatching.Chaos;

/// <summary>One fault, and what viewers noticed of it.</summary>
/// <param name="Fault">Which.</param>
/// <param name="From">When it began.</param>
/// <param name="Gone">When its cause was gone.</param>
/// <param name="To">Until when it was looked at.</param>
internal sealed record FaultResult(Fault Fault, TimeSpan From, TimeSpan Gone, TimeSpan To)
{
    /// <summary>Reports acknowledged from its beginning on.</summary>
    public required int Acknowledged { get; init; }

    /// <summary>Of all acknowledged reports up to then, those that Postgres does not hold.</summary>
    public required IReadOnlyList<string> Lost { get; init; }

    /// <summary>What Postgres holds and nobody sent.</summary>
    public required IReadOnlyList<string> Forged { get; init; }

    /// <summary>Screens that had to be given up: they were not served again within the limit of a run.</summary>
    public required IReadOnlyList<string> Unserved { get; init; }

    /// <summary>Answers 503 with Retry-After.</summary>
    public required int Unavailable { get; init; }

    /// <summary>Connections that broke, or could not be opened, by kind.</summary>
    public required IReadOnlyDictionary<string, int> Broken { get; init; }

    /// <summary>Whatever else clients saw instead of an answer, by kind.</summary>
    public required IReadOnlyDictionary<string, int> Errors { get; init; }

    /// <summary>What was no 200 and was sent after everybody had been served again.</summary>
    public required int RefusedAfterRecovery { get; init; }

    /// <summary>The longest that any screen had no report acknowledged, from the beginning of the fault.</summary>
    public required TimeSpan LongestWait { get; init; }

    /// <summary>From when the cause was gone until the last screen had a report acknowledged that was sent after it.</summary>
    public required TimeSpan ServedAfterEnd { get; init; }

    /// <summary>Reads that told a place older than one acknowledged before.</summary>
    public required IReadOnlyList<StaleRead> StaleReads { get; init; }

    /// <summary>For how long, in the worst of them, the newer place had been acknowledged.</summary>
    public TimeSpan LongestStale => StaleReads.Select(read => read.Behind).DefaultIfEmpty().Max();

    /// <summary>How the processes ended that did, beginning with the fault.</summary>
    public required IReadOnlyList<MemberExit> Exits { get; init; }

    /// <summary>A result in a line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Acknowledged} acknowledged, {Lost.Count} lost, {Unavailable} × 503, {Describe(Broken.Concat(Errors))}, waited {LongestWait.TotalSeconds:0.0} s at most, all served {ServedAfterEnd.TotalSeconds:0.0} s after its end, {StaleReads.Count} stale reads{(StaleReads.Count == 0 ? "" : FormattableString.Invariant($" up to {LongestStale.TotalSeconds:0.0} s old"))}");

    /// <summary>What clients saw instead of answers.</summary>
    public static string Describe(IEnumerable<KeyValuePair<string, int>> errors) =>
        string.Join(", ", errors.OrderByDescending(error => error.Value).Select(error => $"{error.Value} × {error.Key}")) is { Length: > 0 } all ? all : "no other error";

    /// <summary>What viewers noticed, of what was recorded.</summary>
    public static FaultResult Of(Fault fault, Recorded recorded, TimeSpan from, TimeSpan gone, TimeSpan to)
    {
        var meanwhile = recorded.Answers.Where(answer => answer.At >= from && answer.At < to).ToArray();
        var served = meanwhile.Where(answer => answer is { Kind: AnswerKind.Ok, IsReport: true }).ToLookup(answer => answer.Screen);
        var screens = Enumerable.Range(0, recorded.Screens).ToArray();
        var servedAgain = screens.Max(screen => served[screen].Where(answer => answer.Began >= gone).Select(answer => answer.At).DefaultIfEmpty(to).Min());
        return new FaultResult(fault, from, gone, to)
        {
            Acknowledged = recorded.Acknowledged,
            Lost = recorded.Lost,
            Forged = recorded.Forged,
            Unserved = recorded.Unserved,
            Unavailable = meanwhile.Count(answer => answer.Kind == AnswerKind.Unavailable),
            Broken = Count(AnswerKind.Broken),
            Errors = Count(AnswerKind.Error),
            RefusedAfterRecovery = meanwhile.Count(answer => answer.Kind != AnswerKind.Ok && answer.Began > servedAgain),
            LongestWait = screens.Max(screen => LongestGap(served[screen].Select(answer => answer.At).Order(), from, to)),
            ServedAfterEnd = servedAgain - gone,
            StaleReads = [.. recorded.StaleReads.Where(read => read.At >= from && read.At < to)],
            Exits = recorded.Exits,
        };

        Dictionary<string, int> Count(AnswerKind kind) =>
            meanwhile.Where(answer => answer.Kind == kind).CountBy(answer => answer.Reason!).ToDictionary();
    }

    private static TimeSpan LongestGap(IEnumerable<TimeSpan> served, TimeSpan from, TimeSpan to)
    {
        var (longest, last) = (TimeSpan.Zero, from);
        foreach (var at in served.Append(to))
        {
            longest = at - last > longest ? at - last : longest;
            last = at;
        }

        return longest;
    }
}

/// <summary>What was recorded of a fault, before anybody has judged it.</summary>
/// <param name="Screens">How many screens there are.</param>
/// <param name="Answers">All answers of the run.</param>
/// <param name="StaleReads">All of the run.</param>
/// <param name="Acknowledged">Reports acknowledged since its beginning.</param>
internal sealed record Recorded(int Screens, IReadOnlyList<Answer> Answers, IReadOnlyList<StaleRead> StaleReads, int Acknowledged)
{
    /// <inheritdoc cref="FaultResult.Lost"/>
    public IReadOnlyList<string> Lost { get; init; } = [];

    /// <inheritdoc cref="FaultResult.Forged"/>
    public IReadOnlyList<string> Forged { get; init; } = [];

    /// <inheritdoc cref="FaultResult.Unserved"/>
    public IReadOnlyList<string> Unserved { get; init; } = [];

    /// <inheritdoc cref="FaultResult.Exits"/>
    public IReadOnlyList<MemberExit> Exits { get; init; } = [];
}
