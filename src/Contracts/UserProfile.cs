using System.Collections.Immutable;

namespace ContinueWatching.Contracts;

/// <summary>What is known of a user beside titles.</summary>
/// <param name="CreatedAt">Since when; null while nothing is stored of them.</param>
/// <param name="HistoryPaused">Whether what they watch is left unrecorded.</param>
[GenerateSerializer, Immutable, Alias("cw.UserProfile")]
public sealed record UserProfile(
    [property: Id(0)] DateTimeOffset? CreatedAt,
    [property: Id(1)] bool HistoryPaused)
{
    /// <summary>When the history was last paused; null when never.</summary>
    [Id(2)]
    public DateTimeOffset? PausedFrom { get; init; }

    /// <summary>When it went on; null while it is paused.</summary>
    [Id(3)]
    public DateTimeOffset? PausedUntil { get; init; }
}

/// <summary>A title that a user has put aside to watch.</summary>
/// <param name="ContentId">The title.</param>
/// <param name="AddedAt">When.</param>
/// <param name="Status">Where the viewer is in it; null when they have not begun.</param>
[GenerateSerializer, Immutable, Alias("cw.WatchlistEntry")]
public sealed record WatchlistEntry(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] DateTimeOffset AddedAt,
    [property: Id(2)] WatchStatus? Status);

/// <summary>A watchlist entry as it is held.</summary>
/// <param name="ContentId">The title.</param>
/// <param name="AddedAt">When it was put there.</param>
[GenerateSerializer, Immutable, Alias("cw.WatchlistRecord")]
public sealed record WatchlistRecord(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] DateTimeOffset AddedAt);

/// <summary>What an erasure removed.</summary>
/// <param name="ErasedAt">The moment: nothing watched until then comes back.</param>
/// <param name="Rows">How many rows, by table.</param>
[GenerateSerializer, Immutable, Alias("cw.ErasureReceipt")]
public sealed record ErasureReceipt(
    [property: Id(0)] DateTimeOffset ErasedAt,
    [property: Id(1)] ImmutableDictionary<string, int> Rows);
