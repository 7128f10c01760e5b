using System.Collections.Immutable;
using Orleans.Concurrency;

namespace ContinueWatching.Contracts;

/// <summary>
/// One user's places: a grain per user, keyed by <see cref="UserId.Value"/> (<see cref="GrainFactoryExtensions.GetUser"/>).
/// All calls are idempotent: a caller may repeat one that failed, reports with the <see cref="Report.ReceivedAt"/> of the first try.
/// </summary>
/// <remarks>
/// Every call may throw <see cref="StorageUnavailableException"/> (nothing was acknowledged, send it again) and what Orleans throws for
/// a silo that is lost.
/// </remarks>
[Alias("cw.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Takes one report. Durable: what the answer says was committed in Postgres before it.</summary>
    /// <exception cref="ArgumentException">The report has a fault (<see cref="Report.FindFault"/>).</exception>
    [Alias("report")]
    Task<ReportResult> ReportAsync(Report report, CancellationToken cancellationToken = default);

    /// <summary>
    /// Answers the resume points of <paramref name="titles"/>, in the order asked; titles never watched are left out. Sees committed
    /// reports only.
    /// </summary>
    /// <exception cref="ArgumentException">No title, or more than <see cref="Limits.TitlesInRead"/>.</exception>
    [AlwaysInterleave, Alias("getWatchStatus")]
    Task<ImmutableArray<WatchStatus>> GetWatchStatusAsync(
        ImmutableArray<ContentId> titles, CancellationToken cancellationToken = default);

    /// <summary>
    /// Answers the row: the unfinished titles, newest first, at most <see cref="Limits.Row"/>. Sees committed reports only.
    /// </summary>
    [AlwaysInterleave, Alias("getRow")]
    Task<ImmutableArray<RowEntry>> GetRowAsync(CancellationToken cancellationToken = default);
}

/// <summary>How a caller comes to a grain.</summary>
public static class GrainFactoryExtensions
{
    /// <summary>The grain of <paramref name="user"/>.</summary>
    public static IUserGrain GetUser(this IGrainFactory grains, UserId user) => grains.GetGrain<IUserGrain>(user.Value);

    /// <summary>The grain of the title <paramref name="contentId"/>.</summary>
    public static ITitleGrain GetTitle(this IGrainFactory grains, ContentId contentId) => grains.GetGrain<ITitleGrain>(contentId.Value);
}
