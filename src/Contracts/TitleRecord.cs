using System.Collections.Immutable;
using System.Globalization;

namespace ContinueWatching.Contracts;

/// <summary>All that is held of a user and one title; what an export gives, an import takes.</summary>
/// <param name="ContentId">The title.</param>
/// <param name="Places">The places, each device's newest.</param>
[GenerateSerializer, Immutable, Alias("cw.TitleRecord")]
public sealed record TitleRecord(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] ImmutableArray<PlaceRecord> Places)
{
    /// <summary>The most places of one title that an import takes: as many as are kept.</summary>
    public const int MaxPlaces = 8;

    private const int MaxPlayCount = 1_000_000;

    /// <summary>When the title was last seen to its end.</summary>
    [Id(2)]
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How often it was.</summary>
    [Id(3)]
    public int PlayCount { get; init; }

    /// <summary>When it was hidden.</summary>
    [Id(4)]
    public DateTimeOffset? HiddenAt { get; init; }

    /// <summary>When it was forgotten.</summary>
    [Id(5)]
    public DateTimeOffset? ForgottenAt { get; init; }

    /// <summary>What is wrong with the record, the first fault only; null when it can be taken.</summary>
    /// <param name="now">The moment behind which nothing can have happened.</param>
    public Fault? FindFault(DateTimeOffset now) =>
        ContentId == default ? new Fault("contentId", ContentId.ToString(), ContentId.Allowed)
        : Places.IsDefault || Places.Length > MaxPlaces ? new Fault("places", $"{(Places.IsDefault ? 0 : Places.Length)} places", $"at most {MaxPlaces}")
        : Places.Select((place, index) => place.FindFault($"places[{index}].", now)).FirstOrDefault(fault => fault is not null)
        ?? FindTimeFault("completedAt", CompletedAt, now)
        ?? FindTimeFault("hiddenAt", HiddenAt, now)
        ?? FindTimeFault("forgottenAt", ForgottenAt, now)
        ?? (PlayCount is < 0 or > MaxPlayCount || (CompletedAt is null) != (PlayCount == 0)
            ? new Fault("playCount", PlayCount.ToString(CultureInfo.InvariantCulture), $"1 to {MaxPlayCount} with completedAt, else absent")
            : null);

    internal static Fault? FindTimeFault(string field, DateTimeOffset? time, DateTimeOffset now) =>
        time is { } given && (given < Limits.Earliest || given > now)
            ? new Fault(field, given.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture), "from 2000-01-01T00:00:00Z until now")
            : null;
}

/// <summary>A place as it is held.</summary>
/// <param name="DeviceId">The device; the empty one when it named none.</param>
/// <param name="Position">Whole milliseconds from the start.</param>
/// <param name="Duration">How long the title is, as the device told.</param>
/// <param name="WatchedAt">When the viewer was there.</param>
[GenerateSerializer, Immutable, Alias("cw.PlaceRecord")]
public sealed record PlaceRecord(
    [property: Id(0)] DeviceId DeviceId,
    [property: Id(1)] TimeSpan Position,
    [property: Id(2)] TimeSpan? Duration,
    [property: Id(3)] DateTimeOffset WatchedAt)
{
    internal Fault? FindFault(string path, DateTimeOffset now) =>
        Position < TimeSpan.Zero || Position > Limits.Position
            ? new Fault($"{path}resumeFrom", Seconds(Position), "0 to 1000000 (seconds, not milliseconds)")
        : Duration is { } duration && (duration < TimeSpan.FromMilliseconds(1) || duration > Limits.Position)
            ? new Fault($"{path}duration", Seconds(duration), "0.001 to 1000000 (seconds, not milliseconds), or absent")
        : TitleRecord.FindTimeFault($"{path}watchedAt", WatchedAt, now);

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
