namespace ContinueWatching.Chaos;

/// <summary>What became of one request.</summary>
internal enum AnswerKind
{
    /// <summary>200.</summary>
    Ok,

    /// <summary>503 with Retry-After: nothing is lost, send it again.</summary>
    Unavailable,

    /// <summary>No answer: the connection could not be opened, or broke.</summary>
    Broken,

    /// <summary>Anything else: another status, no Retry-After, no answer in time.</summary>
    Error,
}

/// <summary>One request as its client saw it.</summary>
/// <param name="Screen">Whose: each device of each viewer is a screen.</param>
/// <param name="At">When its answer came, from the start of the run.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="IsReport">Whether it was a report.</param>
/// <param name="Reason">What it was that is no answer.</param>
internal readonly record struct Answer(int Screen, TimeSpan At, TimeSpan Took, AnswerKind Kind, bool IsReport, string? Reason)
{
    /// <summary>When it was sent.</summary>
    public TimeSpan Began => At - Took;
}

/// <summary>A read that told a place older than one acknowledged before it began.</summary>
/// <param name="At">When it was answered, from the start of the run.</param>
/// <param name="Behind">For how long a newer place had been acknowledged by then.</param>
/// <param name="What">Who was told what of which title, and what was acknowledged: for people.</param>
internal sealed record StaleRead(TimeSpan At, TimeSpan Behind, string What);
