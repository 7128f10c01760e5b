using System.Collections.Immutable;

namespace ContinueWatching.Contracts;

/// <summary>A page of the titles that a user has watched.</summary>
/// <param name="Titles">Newest first.</param>
/// <param name="End">Where it ends, for the next page; null when no older title exists.</param>
[GenerateSerializer, Immutable, Alias("cw.HistoryPage")]
public sealed record HistoryPage(
    [property: Id(0)] ImmutableArray<WatchStatus> Titles,
    [property: Id(1)] HistoryCursor? End);

/// <summary>
/// A place in the history: behind a title as it stood then. Titles only ever move up, so that none comes twice however many reports
/// arrive in between.
/// </summary>
/// <param name="WatchedAt">When the title was last watched.</param>
/// <param name="ContentId">The title; <c>default</c> for a place behind all titles of that moment.</param>
[GenerateSerializer, Immutable, Alias("cw.HistoryCursor")]
public readonly record struct HistoryCursor(
    [property: Id(0)] DateTimeOffset WatchedAt,
    [property: Id(1)] ContentId ContentId);
