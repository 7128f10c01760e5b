using ContinueWatching.Bench.Load;
using ContinueWatching.Contracts;

namespace ContinueWatching.Baselines;

/// <summary>Where a baseline keeps places; each design in its own way.</summary>
internal interface IPlaces
{
    /// <summary>Makes tables, fills caches; before the first request.</summary>
    Task PrepareAsync();

    /// <summary>Keeps a report: durable when it returns, except for the empty endpoint.</summary>
    /// <returns>When it happened.</returns>
    ValueTask<DateTimeOffset> StoreAsync(UserId user, Report report);

    /// <summary>The newest ten.</summary>
    ValueTask<IReadOnlyList<Place>> GetRowAsync(UserId user);
}

/// <summary>A place as the baselines keep it.</summary>
internal readonly record struct Place(Guid ContentId, string DeviceId, int PositionMs, int? DurationMs, DateTimeOffset WatchedAt)
{
    public static Place Of(Report report) => new(
        report.ContentId.Value,
        report.DeviceId.Value,
        (int)report.Position.TotalMilliseconds,
        (int?)report.Duration?.TotalMilliseconds,
        report.ReceivedAt);

    public static Place Of(SeededPlace seeded) =>
        new(seeded.ContentId, seeded.DeviceId, seeded.PositionMs, seeded.DurationMs, seeded.WatchedAt);
}
