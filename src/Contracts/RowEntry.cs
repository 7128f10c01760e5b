namespace ContinueWatching.Contracts;

/// <summary>One title of the continue-watching row.</summary>
/// <param name="ContentId">The title to go on with.</param>
/// <param name="Position">The place, whole milliseconds from the start.</param>
/// <param name="Duration">How long the title is; null when no player has told.</param>
/// <param name="WatchedAt">When the viewer was there.</param>
/// <param name="DeviceId">The screen it was on; the empty device when it named none.</param>
[GenerateSerializer, Immutable, Alias("cw.RowEntry")]
public sealed record RowEntry(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] TimeSpan Position,
    [property: Id(2)] TimeSpan? Duration,
    [property: Id(3)] DateTimeOffset WatchedAt,
    [property: Id(4)] DeviceId DeviceId);
