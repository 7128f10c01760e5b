using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>
/// What a user does now and then, in Postgres: a statement each, committed when it answers. Every call may throw
/// <see cref="StorageUnavailableException"/>, and a write cannot be cancelled.
/// </summary>
public interface IUserStore
{
    /// <summary>Makes the user known, who has been so from <paramref name="since"/>, unless they already are.</summary>
    Task CreateAsync(UserId user, DateTimeOffset since);

    /// <summary>
    /// Stores the marks of titles, and deletes the places that they say are forgotten.
    /// </summary>
    /// <returns>Whether they all stand; false when Postgres holds newer marks of one, which another activation wrote.</returns>
    Task<bool> StoreMarksAsync(UserId user, ImmutableArray<(ContentId ContentId, TitleMarks Marks)> titles);

    /// <summary>Stores when the history was paused.</summary>
    /// <returns>Whether it stands; false when Postgres holds a newer pause, which another activation wrote.</returns>
    Task<bool> StorePauseAsync(UserId user, UserState state);

    /// <summary>Reads the watchlist, newest first.</summary>
    Task<ImmutableArray<WatchlistRecord>> LoadWatchlistAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Puts titles on the watchlist, in their order, until it is full; one that is there stays as it is.</summary>
    /// <returns>How many of them are on it now.</returns>
    Task<int> AddToWatchlistAsync(UserId user, ImmutableArray<WatchlistRecord> entries);

    /// <summary>Takes a title off the watchlist that was put there at <paramref name="until"/> or before.</summary>
    /// <returns>Whether it was there.</returns>
    Task<bool> RemoveFromWatchlistAsync(UserId user, ContentId contentId, DateTimeOffset until);

    /// <summary>Reads all that is held of the user's titles, a page in the order of their ids.</summary>
    Task<ImmutableArray<TitleProgress>> LoadAllAsync(UserId user, ContentId? after, CancellationToken cancellationToken);

    /// <summary>
    /// Leaves a tombstone that does not name the user, and deletes them from every table, step by step. Should it fail between, the
    /// tombstone hides what is left, and the same again deletes it. What came more than <see cref="Limits.ClockDifference"/> after
    /// <paramref name="askedAt"/> stays.
    /// </summary>
    /// <returns>The moment up to which all is deleted, and the rows.</returns>
    Task<ErasureReceipt> EraseAsync(UserId user, DateTimeOffset askedAt);

    /// <summary>Deletes what came up to <paramref name="erasedAt"/> from a silo that did not know of the erasure.</summary>
    /// <returns>How many rows.</returns>
    Task<int> EraseAgainAsync(UserId user, DateTimeOffset erasedAt);
}
