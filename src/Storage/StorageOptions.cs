using System.ComponentModel.DataAnnotations;

namespace ContinueWatching.Storage;

/// <summary>How a silo meets Postgres; section <c>Storage</c>. The connection itself is <c>ConnectionStrings:Postgres</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Storage";

    /// <summary>
    /// Commits under way at once, a connection each: 1. More make smaller batches out of the same reports, and what costs Postgres most is the commit.
    /// </summary>
    [Range(1, 32)]
    public int CommitLanes { get; set; } = 1;

    /// <summary>The most reports in one commit: 1 000. More save little and make everybody in it wait for the longest.</summary>
    [Range(1, 10_000)]
    public int CommitBatch { get; set; } = 1_000;

    /// <summary>
    /// The most reports that wait for a commit, in each lane: 10 000, some 4 MB. What comes on top is refused at once as busy.
    /// </summary>
    [Range(1, 1_000_000)]
    public int CommitQueue { get; set; } = 10_000;

    /// <summary>Reads of waking users under way at once, a connection each, and as many of single titles: 2.</summary>
    [Range(1, 32)]
    public int LoadLanes { get; set; } = 2;

    /// <summary>The most calls in one read: 200 users, or 200 requests for single titles, which name up to 100 each.</summary>
    [Range(1, 10_000)]
    public int LoadBatch { get; set; } = 200;

    /// <summary>
    /// Statements of what users do now and then (marks, watchlist, pause, export, erasure) under way at once, a connection each: 8. More
    /// would come at the cost of the commits.
    /// </summary>
    [Range(1, 100)]
    public int UserConnections { get; set; } = 8;

    /// <summary>
    /// The most reads that wait, in each lane: 50 000, some 10 MB of waking users: as many as the loss of a silo may wake.
    /// </summary>
    [Range(1, 1_000_000)]
    public int LoadQueue { get; set; } = 50_000;

    /// <summary>How long a call may wait in a queue before it is refused as busy: 5 s. A caller has less patience than that.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan QueueTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long Postgres may take for one statement: 5 s, in whole seconds. Then its outcome is unknown.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How far the silo's clock may be from the database's before the silo stops being ready: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether a silo brings the schema up to date when it starts: true. Else a deploy step runs <c>--migrate-only</c>.</summary>
    public bool MigrateAtStart { get; set; } = true;
}
