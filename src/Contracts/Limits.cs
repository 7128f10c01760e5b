namespace ContinueWatching.Contracts;

/// <summary>The sizes that callers meet, each with its name.</summary>
public static class Limits
{
    /// <summary>The most titles that the row shows.</summary>
    public const int Row = 10;

    /// <summary>The most titles that one read may ask for.</summary>
    public const int TitlesInRead = 100;

    /// <summary>The most titles that one write to the catalogue may carry.</summary>
    public const int TitlesInWrite = 500;

    /// <summary>The most reports in one batch.</summary>
    public const int ReportsInBatch = 500;

    /// <summary>The most titles on a watchlist.</summary>
    public const int Watchlist = 1_000;

    /// <summary>The most titles in one page of the history.</summary>
    public const int HistoryPage = 100;

    /// <summary>The most titles in one chunk of an import, and in one page of an export.</summary>
    public const int TitlesInChunk = 500;

    /// <summary>The most observers of one user at a time.</summary>
    public const int ObserversPerUser = 20;

    /// <summary>The most titles that one change names.</summary>
    public const int TitlesInChange = 20;

    /// <summary>How long a subscription lasts that is not renewed.</summary>
    public static readonly TimeSpan Subscription = TimeSpan.FromSeconds(60);

    /// <summary>The greatest position and duration: 1 000 000 s, eleven and a half days.</summary>
    public static readonly TimeSpan Position = TimeSpan.FromSeconds(1_000_000);

    /// <summary>How far a position may lie beyond the duration of the same report; it is then taken as the duration.</summary>
    public static readonly TimeSpan BeyondDuration = TimeSpan.FromSeconds(30);

    /// <summary>The first moment that a report may carry.</summary>
    public static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first moment too late for a report to carry.</summary>
    public static readonly DateTimeOffset Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far apart the clocks of two processes may be: each is within a second of the database's. Nothing happened later than that from now.</summary>
    public static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(2);
}
