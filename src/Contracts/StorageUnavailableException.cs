namespace ContinueWatching.Contracts;

/// <summary>
/// Postgres cannot take or answer the call now: it is away, slow, or the queue in front of it is full. Nothing was acknowledged; the
/// call may be repeated, after a moment.
/// </summary>
[GenerateSerializer, Alias("cw.StorageUnavailableException")]
public sealed class StorageUnavailableException : Exception
{
    /// <summary>Tells why, in a sentence for a log.</summary>
    public StorageUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>
    /// Whether a report may have been committed all the same (the connection broke before Postgres answered). Only its silo needs to
    /// know: it forgets what it holds of the user and reads anew.
    /// </summary>
    [Id(0)]
    public bool OutcomeUnknown { get; init; }
}
