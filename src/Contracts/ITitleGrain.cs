using Orleans.Concurrency;

namespace ContinueWatching.Contracts;

/// <summary>
/// One title of the catalogue: a grain per title, keyed by <see cref="ContentId.Value"/> (<see cref="GrainFactoryExtensions.GetTitle"/>).
/// All calls are idempotent: a caller may repeat one that failed. Silos look a title up once a minute, so that a change takes up to
/// that long to reach every user's row.
/// </summary>
/// <remarks>
/// Every call may throw <see cref="StorageUnavailableException"/> (nothing was acknowledged, send it again) and what Orleans throws for
/// a silo that is lost.
/// </remarks>
[Alias("cw.ITitleGrain")]
public interface ITitleGrain : IGrainWithGuidKey
{
    /// <summary>What is stored of the title; null when the catalogue does not know it.</summary>
    [AlwaysInterleave, Alias("get")]
    Task<Title?> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Stores the title, in the place of what was stored before. Durable: committed in Postgres when it returns.</summary>
    /// <exception cref="ArgumentException">The title has a fault (<see cref="Title.FindFault"/>), or is another than this grain's.</exception>
    [Alias("set")]
    Task SetAsync(Title title, CancellationToken cancellationToken = default);

    /// <summary>Takes the title out of the catalogue; the places of its viewers stay. Durable, as <see cref="SetAsync"/>.</summary>
    /// <returns>Whether it was there.</returns>
    [Alias("remove")]
    Task<bool> RemoveAsync(CancellationToken cancellationToken = default);
}
