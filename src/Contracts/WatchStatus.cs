namespace ContinueWatching.Contracts;

/// <summary>Where to go on with a title: its resume point, the newest register over all devices.</summary>
/// <param name="ContentId">The title.</param>
/// <param name="Position">The place, whole milliseconds from the start.</param>
/// <param name="Duration">How long the title is; null when no player has told.</param>
/// <param name="WatchedAt">When the viewer was there.</param>
/// <param name="DeviceId">The screen it was on; the empty device when it named none.</param>
/// <param name="Completed">Whether that is near enough to the end to count as finished; apps then start at 0.</param>
[GenerateSerializer, Immutable, Alias("cw.WatchStatus")]
public sealed record WatchStatus(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] TimeSpan Position,
    [property: Id(2)] TimeSpan? Duration,
    [property: Id(3)] DateTimeOffset WatchedAt,
    [property: Id(4)] DeviceId DeviceId,
    [property: Id(5)] bool Completed);
