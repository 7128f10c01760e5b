using System.Collections.Immutable;
using Orleans.Concurrency;

namespace ContinueWatching.Contracts;

/// <summary>
/// Hears what changes for one user, after it was committed (<see cref="IUserGrain.SubscribeAsync"/>). Best effort: a call may be lost with a
/// silo, which the next renewal shows.
/// </summary>
[Alias("cw.IUserObserver")]
public interface IUserObserver : IGrainObserver
{
    /// <summary>Something has changed. Nobody waits for it.</summary>
    [OneWay, Alias("changed")]
    Task ChangedAsync(UserChange change);
}

/// <summary>What has changed for a user, with one commit.</summary>
/// <param name="Epoch">The <see cref="Subscription.Epoch"/> to which it belongs.</param>
/// <param name="Version">The <see cref="Subscription.Version"/> after it: one more than that of the change before.</param>
[GenerateSerializer, Immutable, Alias("cw.UserChange")]
public sealed record UserChange([property: Id(0)] Guid Epoch, [property: Id(1)] long Version)
{
    /// <summary>
    /// The titles whose places have changed, at most <see cref="Limits.TitlesInChange"/>. The row may have changed with them.
    /// </summary>
    [Id(2)]
    public ImmutableArray<TitleChange> Titles { get; init; } = [];

    /// <summary>What else has.</summary>
    [Id(3)]
    public ChangedParts Parts { get; init; }
}

/// <summary>A title whose place has changed.</summary>
/// <param name="ContentId">The title.</param>
/// <param name="Status">Its resume point now; null when there is none any more.</param>
[GenerateSerializer, Immutable, Alias("cw.TitleChange")]
public sealed record TitleChange([property: Id(0)] ContentId ContentId, [property: Id(1)] WatchStatus? Status);

/// <summary>What may have changed for a user beside the places that a change names: ask for it.</summary>
[Flags]
public enum ChangedParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The row, and places of titles that are not named because there are too many.</summary>
    Row = 1,

    /// <summary>The watchlist.</summary>
    Watchlist = 2,

    /// <summary>The profile.</summary>
    Profile = 4,

    /// <summary>The subscription itself: the user goes to another silo, or to sleep. Renew it.</summary>
    Subscription = 8,
}

/// <summary>A subscription, as it stands.</summary>
/// <remarks>
/// Changes may have been missed when a renewal tells another <paramref name="Epoch"/> than before, a later <paramref name="Version"/> than
/// that of the last change that came, or that it <paramref name="IsNew"/>: read anew.
/// </remarks>
/// <param name="Epoch">Where it is: another one on every silo that the user comes to.</param>
/// <param name="Version">The version of the last change that was told.</param>
/// <param name="IsNew">Whether it begins with this call, for it was not there, or not any more.</param>
[GenerateSerializer, Immutable, Alias("cw.Subscription")]
public sealed record Subscription([property: Id(0)] Guid Epoch, [property: Id(1)] long Version, [property: Id(2)] bool IsNew);
