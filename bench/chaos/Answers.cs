namespace ContinueWatching.Chaos;

/// <summary>What became of one request.</summary>
internal enum AnswerKind
{
    /// <summary>200.</summary>
    Ok,

    /// <summary>503 with Retry-After: nothing is lost, send it again.</summary>
    Unavailable,

    /// <summary>Anything else: another status, no Retry-After, no answer, a connection that broke.</summary>
    Error,
}

/// <summary>One request as its client saw it.</summary>
/// <param name="Viewer">Whose.</param>
/// <param name="At">When its answer came, from the start of the run.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="IsReport">Whether it was a report.</param>
/// <param name="Reason">What an error was.</param>
internal readonly record struct Answer(int Viewer, TimeSpan At, TimeSpan Took, AnswerKind Kind, bool IsReport, string? Reason);

/// <summary>A read that told a place older than one acknowledged before it began.</summary>
internal sealed record StaleRead(int Viewer, TimeSpan At, Guid Title, int Expected, int Told);

/// <summary>
/// What viewers were acknowledged. A viewer's places in a title only grow, whatever device they are on, so that an older place is told by its
/// being smaller.
/// </summary>
internal sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string User, Guid Title, string Device), int> _acknowledged = [];
    private readonly Dictionary<(string User, Guid Title), int> _newest = [];

    /// <summary>How many reports were acknowledged.</summary>
    public int Count { get; private set; }

    public void Acknowledge(string user, Guid title, string device, int seconds)
    {
        lock (_lock)
        {
            Count++;
            _acknowledged[(user, title, device)] = Math.Max(seconds, _acknowledged.GetValueOrDefault((user, title, device)));
            _newest[(user, title)] = Math.Max(seconds, _newest.GetValueOrDefault((user, title)));
        }
    }

    /// <summary>The newest acknowledged place, in seconds; 0 when there is none.</summary>
    public int NewestOf(string user, Guid title)
    {
        lock (_lock)
        {
            return _newest.GetValueOrDefault((user, title));
        }
    }

    /// <summary>What is acknowledged by now: the newest place, in seconds, of each device in each title.</summary>
    public IReadOnlyDictionary<(string User, Guid Title, string Device), int> Acknowledged()
    {
        lock (_lock)
        {
            return _acknowledged.ToDictionary();
        }
    }

    /// <summary>What was acknowledged and is neither stored nor superseded by a newer place of that device.</summary>
    /// <param name="acknowledged">From before <paramref name="stored"/> was read.</param>
    /// <param name="stored">What Postgres holds.</param>
    public static IReadOnlyList<string> FindLost(
        IReadOnlyDictionary<(string User, Guid Title, string Device), int> acknowledged,
        IReadOnlyDictionary<(string User, Guid Title, string Device), double> stored) =>
    [
        .. acknowledged.Where(report => stored.GetValueOrDefault(report.Key) < report.Value)
            .Select(report => $"{report.Key}: {report.Value} s acknowledged, {stored.GetValueOrDefault(report.Key)} s stored"),
    ];
}
