namespace ContinueWatching.Chaos;

/// <summary>
/// What viewers may notice of a fault. For every fault alike: no acknowledged report is lost, nothing is stored that was not sent, everybody is
/// served again, and from then on nobody is refused; and a process ends well when it was told to, and else in a way that its scheduler notices.
/// </summary>
internal sealed record FaultLimits
{
    /// <summary>Whether reports may be refused with 503.</summary>
    public bool MayRefuse { get; init; }

    /// <summary>Whether connections may break: those to a process that is killed, and nothing can help it.</summary>
    public bool MayBreak { get; init; }

    /// <summary>The longest that any screen may be without an acknowledged report; null where that is as long as the fault lasts.</summary>
    public TimeSpan? LongestWait { get; init; }

    /// <summary>How long after the cause is gone the last screen may be served again.</summary>
    public TimeSpan? ServedAfterEnd { get; init; }

    /// <summary>How old a place may be that a read tells although a newer one is acknowledged; zero: none may.</summary>
    public TimeSpan Stale { get; init; }

    /// <summary>Which of the limits were broken, each with what was and what may be.</summary>
    /// <param name="result">What viewers noticed.</param>
    /// <param name="tolerance">By how much times may be longer than on a machine that has nothing else to do: 1, or more.</param>
    public IEnumerable<string> FindBroken(FaultResult result, double tolerance)
    {
        if (result.Lost.Count > 0)
            yield return $"{result.Lost.Count} acknowledged reports lost: {string.Join("; ", result.Lost.Take(3))}";
        if (result.Forged.Count > 0)
            yield return $"{result.Forged.Count} rows that nobody sent: {string.Join("; ", result.Forged.Take(3))}";
        if (result.Acknowledged == 0)
            yield return "no report was acknowledged";
        if (result.Unserved.Count > 0)
            yield return $"{result.Unserved.Count} screens were not served again: {string.Join(", ", result.Unserved.Take(3))}";
        foreach (var exit in result.Exits.Where(exit => !exit.IsAsItShould))
            yield return $"{exit.Member} ended with {exit.Code}, {(exit.WasTold ? "though it was only told to stop" : "as if it had been told to stop")}";
        if (!MayRefuse && result.Unavailable > 0)
            yield return $"{result.Unavailable} × 503, where nobody is to be refused";
        if (!MayBreak && result.Broken.Count > 0)
            yield return $"broken connections: {FaultResult.Describe(result.Broken)}";
        if (result.Errors.Count > 0)
            yield return $"answers other than 200 and 503: {FaultResult.Describe(result.Errors)}";
        if (!MayBreak && result.RefusedAfterRecovery > 0)
            yield return $"{result.RefusedAfterRecovery} refused after everybody had been served again";
        if (Exceeds(result.LongestWait, LongestWait))
            yield return FormattableString.Invariant($"a screen waited {result.LongestWait.TotalSeconds:0.0} s; allowed: {LongestWait!.Value.TotalSeconds * tolerance:0.0} s");
        if (Exceeds(result.ServedAfterEnd, ServedAfterEnd))
            yield return FormattableString.Invariant($"the last screen was served {result.ServedAfterEnd.TotalSeconds:0.0} s after its end; allowed: {ServedAfterEnd!.Value.TotalSeconds * tolerance:0.0} s");
        if (result.StaleReads.Count > 0 && Exceeds(result.LongestStale, Stale))
            yield return FormattableString.Invariant($"{result.StaleReads.Count} stale reads, up to {result.LongestStale.TotalSeconds:0.0} s old; allowed: {Stale.TotalSeconds * tolerance:0.0} s: ")
                + string.Join("; ", result.StaleReads.OrderByDescending(read => read.Behind).Take(3).Select(read => read.What));

        bool Exceeds(TimeSpan was, TimeSpan? allowed) => was > allowed * tolerance;
    }
}
