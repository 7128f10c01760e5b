using System.Collections.Immutable;
using Orleans.Concurrency;

namespace ContinueWatching.Contracts;

/// <summary>
/// One user's places: a grain per user, keyed by <see cref="UserId.Value"/> (<see cref="GrainFactoryExtensions.GetUser"/>).
/// All calls are idempotent: a caller may repeat one that failed, reports with the <see cref="Report.ReceivedAt"/> of the first try, and what
/// takes an <c>askedAt</c> with that of the first try.
/// </summary>
/// <remarks>
/// <c>askedAt</c> is the moment at which the viewer asked for it; now, where it is absent or later than now. What came more than
/// <see cref="Limits.ClockDifference"/> after it is left alone: a repeat does no harm where the first try was carried out, its answer lost, and
/// the viewer has watched on. What leaves no moment behind can't be compared: a title hidden or marked watched, and that taken back in between, is hidden
/// or marked again; one taken off the watchlist is put there again.
/// <para>
/// Every call may throw <see cref="StorageUnavailableException"/> (nothing was acknowledged, send it again) and what Orleans throws for
/// a silo that is lost.
/// </para>
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
    /// Takes a batch of reports, as a device keeps that was offline: one result for each, in their order. A report that has a fault is
    /// told so (<see cref="ReportOutcome.Invalid"/>) and does not sink the others. Durable like a single one.
    /// </summary>
    /// <param name="reports">
    /// 1 to <see cref="Limits.ReportsInBatch"/>, all with the same <see cref="Report.ReceivedAt"/> and <see cref="Report.SentAt"/>, so
    /// that they are moved as a whole by the error of the device's clock.
    /// </param>
    /// <param name="cancellationToken">Looked at before the work begins.</param>
    /// <exception cref="ArgumentException">No report, or too many.</exception>
    [Alias("reportBatch")]
    Task<ImmutableArray<ReportResult>> ReportBatchAsync(ImmutableArray<Report> reports, CancellationToken cancellationToken = default);

    /// <summary>
    /// Answers the row: the unfinished titles, newest first, a series once, at most <see cref="Limits.Row"/>. Sees committed reports only.
    /// </summary>
    [AlwaysInterleave, Alias("getRow")]
    Task<ImmutableArray<RowEntry>> GetRowAsync(CancellationToken cancellationToken = default);

    /// <summary>Says why a title is, or is not, in the row.</summary>
    [AlwaysInterleave, Alias("explain")]
    Task<RowExplanation> ExplainAsync(ContentId contentId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Hides a title from the row, and its series if it stands for one. Its place stays, and watching on brings it back. Durable. A title
    /// that is not in the row and was never watched is left as it is.
    /// </summary>
    [Alias("hide")]
    Task HideAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>Takes <see cref="HideAsync"/> back. Durable.</summary>
    [Alias("restore")]
    Task RestoreAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Marks a title watched, as if it had been seen to its end: it leaves the row, its place stays. One that is through already is left
    /// as it is. Durable.
    /// </summary>
    /// <returns>The title after it.</returns>
    [Alias("markWatched")]
    Task<WatchStatus> MarkWatchedAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes back that a title was ever seen to its end, or marked watched. A place at its end stays one, and the title finished. Durable.
    /// </summary>
    [Alias("unmarkWatched")]
    Task UnmarkWatchedAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>Answers a page of the titles that the user has watched, newest first, finished and hidden ones too.</summary>
    /// <param name="limit">1 to <see cref="Limits.HistoryPage"/> titles.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The limit is out of range.</exception>
    [AlwaysInterleave, Alias("getHistory")]
    Task<HistoryPage> GetHistoryAsync(int limit, HistoryCursor? after, CancellationToken cancellationToken = default);

    /// <summary>
    /// Forgets a title wholly: places, completion, hiding. What was watched before this moment and arrives later does not bring it back;
    /// watching it anew does. Durable.
    /// </summary>
    [Alias("forget")]
    Task ForgetAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>Answers the watchlist, newest first.</summary>
    [AlwaysInterleave, Alias("getWatchlist")]
    Task<ImmutableArray<WatchlistEntry>> GetWatchlistAsync(CancellationToken cancellationToken = default);

    /// <summary>Puts a title on the watchlist; one that is there stays where it is. Durable.</summary>
    /// <returns>Whether it is there now; false when the list is full (<see cref="Limits.Watchlist"/>).</returns>
    [Alias("addToWatchlist")]
    Task<bool> AddToWatchlistAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a title off the watchlist. Durable.</summary>
    [Alias("removeFromWatchlist")]
    Task RemoveFromWatchlistAsync(ContentId contentId, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>Answers what is known of the user beside titles.</summary>
    [AlwaysInterleave, Alias("getProfile")]
    Task<UserProfile> GetProfileAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Pauses the history, or lets it go on. What is watched while it is paused is not stored, also when it is synced later; the last pause
    /// alone is remembered. Durable.
    /// </summary>
    [Alias("pauseHistory")]
    Task<UserProfile> PauseHistoryAsync(bool paused, DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>Answers a page of all that is held of the user's titles, in the order of their ids.</summary>
    /// <param name="after">The last title of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [AlwaysInterleave, Alias("export")]
    Task<ImmutableArray<TitleRecord>> ExportAsync(ContentId? after, CancellationToken cancellationToken = default);

    /// <summary>
    /// Merges exported titles into what is held, by the rules of reports: nothing newer is overwritten, and a repeat changes nothing.
    /// Durable.
    /// </summary>
    /// <param name="titles">1 to <see cref="Limits.TitlesInChunk"/>, each once.</param>
    /// <param name="cancellationToken">Looked at before the work begins.</param>
    /// <returns>How many of the titles were changed by it.</returns>
    /// <exception cref="ArgumentException">A title has a fault, or there are none or too many.</exception>
    [Alias("import")]
    Task<int> ImportAsync(ImmutableArray<TitleRecord> titles, CancellationToken cancellationToken = default);

    /// <summary>Puts exported entries on the watchlist, as of the moments they carry, as far as it has room. Durable.</summary>
    /// <returns>How many of them are on the watchlist now.</returns>
    /// <exception cref="ArgumentException">There are none or more than <see cref="Limits.Watchlist"/>.</exception>
    [Alias("importWatchlist")]
    Task<int> ImportWatchlistAsync(ImmutableArray<WatchlistRecord> entries, CancellationToken cancellationToken = default);

    /// <summary>
    /// Erases the user from every table and from memory. For 30 days nothing watched before this moment comes back; what is watched
    /// afterwards starts anew. Durable. Repeated, it leaves alone what came after the first; its receipt counts what it found itself.
    /// </summary>
    [Alias("erase")]
    Task<ErasureReceipt> EraseAsync(DateTimeOffset? askedAt = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Has <paramref name="observer"/> told of every change from now on, after its commit; or renews that. Subscribe first, then read:
    /// nothing is missed in between. It lasts for <see cref="Limits.Subscription"/> and not longer than the silo: renew it every 30 s.
    /// </summary>
    /// <returns>The subscription; null when the user has <see cref="Limits.ObserversPerUser"/> already.</returns>
    [AlwaysInterleave, Alias("subscribe")]
    Task<Subscription?> SubscribeAsync(IUserObserver observer, CancellationToken cancellationToken = default);

    /// <summary>Ends a subscription; one that is not there is none the less ended.</summary>
    [AlwaysInterleave, Alias("unsubscribe")]
    Task UnsubscribeAsync(IUserObserver observer, CancellationToken cancellationToken = default);
}

/// <summary>How a caller comes to a grain.</summary>
public static class GrainFactoryExtensions
{
    // Orleans finds out by reflection, for every reference anew, which grain an interface means; for the one that every request makes
    // it is remembered (docs/performance.md says what that saves).
    private static Types? _user;

    /// <summary>The grain of <paramref name="user"/>.</summary>
    public static IUserGrain GetUser(this IGrainFactory grains, UserId user)
    {
        if (_user is { } types)
        {
            return (IUserGrain)grains.GetGrain(GrainId.Create(types.Grain, IdSpan.Create(user.Value)), types.Interface);
        }

        var grain = grains.GetGrain<IUserGrain>(user.Value);
        if (grain is GrainReference reference)
        {
            _user = new Types(reference.GrainId.Type, reference.InterfaceType);
        }

        return grain;
    }

    /// <summary>The grain of the title <paramref name="contentId"/>.</summary>
    public static ITitleGrain GetTitle(this IGrainFactory grains, ContentId contentId) => grains.GetGrain<ITitleGrain>(contentId.Value);

    private sealed record Types(GrainType Grain, GrainInterfaceType Interface);
}
