using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>
/// The registers in Postgres, as the grains need them. Every call may throw <see cref="StorageUnavailableException"/>.
/// </summary>
public interface IResumeStore
{
    /// <summary>
    /// Reads a user's newest titles, whole: all registers of each. Its cost does not grow with the length of the history.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="before">Where the page before ended; null for the first.</param>
    /// <param name="cancellationToken">Ends the wait, not the query: others are waiting for it too.</param>
    Task<TitlePage> LoadNewestAsync(UserId user, TitleCursor? before, CancellationToken cancellationToken);

    /// <summary>Reads the named titles of a user, whole; those never watched are left out.</summary>
    Task<ImmutableArray<TitleProgress>> LoadTitlesAsync(
        UserId user, ImmutableArray<ContentId> titles, CancellationToken cancellationToken);

    /// <summary>
    /// Commits one register. It cannot be cancelled: once queued, what became of it must be known.
    /// </summary>
    /// <returns>Whether it stands; false when Postgres holds a newer register of that device, which another activation wrote.</returns>
    Task<bool> StoreAsync(RegisterWrite write);

    /// <summary>How full the commit queue is, 0 to 1.</summary>
    double CommitFill { get; }
}

/// <summary>One register to commit, and what is committed with it or not at all.</summary>
/// <param name="User">Whose.</param>
/// <param name="ContentId">In which title.</param>
/// <param name="Register">What is stored, unless Postgres holds a newer one.</param>
/// <param name="Evicted">Another device's register, deleted in the same commit unless Postgres holds a newer one.</param>
public sealed record RegisterWrite(UserId User, ContentId ContentId, Register Register, Register? Evicted)
{
    /// <summary>The title's marks, when the report has changed them.</summary>
    public TitleMarks? Marks { get; init; }

    /// <summary>Since when the user is known, when this is the first that is stored of them.</summary>
    public DateTimeOffset? UserSince { get; init; }
}

/// <summary>A page of a user's titles.</summary>
/// <param name="Titles">At most <see cref="Size"/> titles, in no order; none is possible before the last page.</param>
/// <param name="End">Where the page ends: no title between its beginning and here is missing; null when no older title exists.</param>
public sealed record TitlePage(ImmutableArray<TitleProgress> Titles, TitleCursor? End)
{
    /// <summary>What stands of the user beside titles; on the first page alone.</summary>
    public UserState User { get; init; } = UserState.Unknown;

    /// <summary>The titles of a full page: what a grain loads when it wakes.</summary>
    public const int Size = 40;
}

/// <summary>A title's place among a user's titles, newest first: by time, then by title.</summary>
/// <param name="WatchedAt">The title's newest moment.</param>
/// <param name="ContentId">The title; <c>default</c>, which comes behind all titles of that moment, for a place between titles.</param>
public readonly record struct TitleCursor(DateTimeOffset WatchedAt, ContentId ContentId)
{
    /// <summary>The place of <paramref name="title"/>.</summary>
    public static TitleCursor Of(TitleProgress title) => new(title.ResumePoint.WatchedAt, title.ContentId);

    /// <summary>Whether this place comes after <paramref name="other"/>: the older title's.</summary>
    public bool IsOlderThan(TitleCursor other) =>
        WatchedAt != other.WatchedAt ? WatchedAt < other.WatchedAt : ContentId < other.ContentId;
}
