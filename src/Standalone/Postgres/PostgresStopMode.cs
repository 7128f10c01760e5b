namespace ContinueWatching.Standalone;

/// <summary>How a server is told to stop: the names are those of <c>pg_ctl stop -m</c>.</summary>
public enum PostgresStopMode
{
    /// <summary>Open transactions are rolled back, clients disconnected, everything is written: the next start is clean.</summary>
    Fast,

    /// <summary>Nothing more is written; the next start recovers from the log, as after a crash. Commits are kept.</summary>
    Immediate,
}
