namespace ContinueWatching.Contracts;

/// <summary>One entry of the continue-watching row.</summary>
/// <param name="ContentId">The title to go on with.</param>
/// <param name="Position">The place, whole milliseconds from the start; zero for a next episode that nobody has begun.</param>
/// <param name="Duration">How long the title is; null when neither the catalogue nor a player has told.</param>
/// <param name="WatchedAt">When the viewer was there; for a next episode, when the episode before it was left.</param>
/// <param name="DeviceId">The screen it was on; the empty device when it named none.</param>
[GenerateSerializer, Immutable, Alias("cw.RowEntry")]
public sealed record RowEntry(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] TimeSpan Position,
    [property: Id(2)] TimeSpan? Duration,
    [property: Id(3)] DateTimeOffset WatchedAt,
    [property: Id(4)] DeviceId DeviceId)
{
    /// <summary>The series that the title belongs to, when the catalogue knows one. No series stands in a row twice.</summary>
    [Id(5)]
    public SeriesId? SeriesId { get; init; }

    /// <summary>Why the title stands there.</summary>
    [Id(6)]
    public RowReason Reason { get; init; }
}

/// <summary>Why a title stands in the row.</summary>
public enum RowReason
{
    /// <summary>The viewer has begun it, and not seen it to its end.</summary>
    InProgress = 0,

    /// <summary>The viewer has finished an episode, and this is the next one.</summary>
    NextEpisode = 1,
}

/// <summary>Why a title is, or is not, in the row.</summary>
/// <param name="Code">For a program.</param>
/// <param name="Sentence">For a person, in English.</param>
[GenerateSerializer, Immutable, Alias("cw.RowExplanation")]
public sealed record RowExplanation(
    [property: Id(0)] RowCode Code,
    [property: Id(1)] string Sentence);

/// <summary>Why a title is, or is not, in the row, in one word.</summary>
public enum RowCode
{
    /// <summary>In the row: begun, and not seen to its end.</summary>
    InProgress = 0,

    /// <summary>In the row: the next episode of the series that the viewer watched last.</summary>
    NextEpisode = 1,

    /// <summary>Nothing is known of the user and the title.</summary>
    NeverWatched = 2,

    /// <summary>It was opened, and left within its first second.</summary>
    AtStart = 3,

    /// <summary>Its place is in its credits, or near enough to its end.</summary>
    Finished = 4,

    /// <summary>It, or what stands for its series, was hidden since it was last watched.</summary>
    Hidden = 5,

    /// <summary>It was marked watched since it was last watched.</summary>
    MarkedWatched = 6,

    /// <summary>Another episode of its series was watched later, and the series is judged by that one.</summary>
    AnotherEpisode = 7,

    /// <summary>Enough titles were watched later to fill the row.</summary>
    BeyondTheRow = 8,

    /// <summary>The user's history is paused, and was when the title might have been watched.</summary>
    HistoryPaused = 9,
}
