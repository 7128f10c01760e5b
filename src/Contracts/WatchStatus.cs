using System.Collections.Immutable;

namespace ContinueWatching.Contracts;

/// <summary>Where to go on with a title: its resume point, the newest register over all devices.</summary>
/// <param name="ContentId">The title.</param>
/// <param name="Position">The place, whole milliseconds from the start.</param>
/// <param name="Duration">How long the title is; null when no player has told.</param>
/// <param name="WatchedAt">When the viewer was there.</param>
/// <param name="DeviceId">The screen it was on; the empty device when it named none.</param>
/// <param name="Completed">
/// Whether that is near enough to the end to count as finished, or the title was marked watched since; apps then start at 0.
/// </param>
[GenerateSerializer, Immutable, Alias("cw.WatchStatus")]
public sealed record WatchStatus(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] TimeSpan Position,
    [property: Id(2)] TimeSpan? Duration,
    [property: Id(3)] DateTimeOffset WatchedAt,
    [property: Id(4)] DeviceId DeviceId,
    [property: Id(5)] bool Completed)
{
    /// <summary>When the title was last seen to its end, or marked watched; null when never. Watching again keeps it.</summary>
    [Id(6)]
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How often it was seen to its end, or marked watched.</summary>
    [Id(7)]
    public int PlayCount { get; init; }

    /// <summary>The places on other devices, newest first, where they differ from this one.</summary>
    [Id(8)]
    public ImmutableArray<Place> Elsewhere { get; init; } = [];
}

/// <summary>A place that one device has left in a title.</summary>
/// <param name="DeviceId">The device; the empty one when it named none.</param>
/// <param name="Position">Whole milliseconds from the start.</param>
/// <param name="WatchedAt">When the viewer was there.</param>
[GenerateSerializer, Immutable, Alias("cw.Place")]
public sealed record Place(
    [property: Id(0)] DeviceId DeviceId,
    [property: Id(1)] TimeSpan Position,
    [property: Id(2)] DateTimeOffset WatchedAt);
