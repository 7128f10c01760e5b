using ContinueWatching.Contracts;

namespace ContinueWatching.Grains;

/// <summary>
/// A title as it stands in grain storage, as JSON. Silos of several versions read each other's: a member is added, never renamed or
/// given another meaning, and one that a silo does not know it passes over.
/// </summary>
internal sealed class TitleDocument
{
    /// <summary>The title; null where nothing is stored.</summary>
    public Guid? ContentId { get; set; }

    public long? DurationMs { get; set; }

    public long? CreditsStartMs { get; set; }

    public string? SeriesId { get; set; }

    public int? Season { get; set; }

    public int? Episode { get; set; }

    public Guid? NextContentId { get; set; }

    public string? Kind { get; set; }

    public static TitleDocument Of(Title title) => new()
    {
        ContentId = title.ContentId.Value,
        DurationMs = Milliseconds(title.Duration),
        CreditsStartMs = Milliseconds(title.CreditsStart),
        SeriesId = title.SeriesId?.Value,
        Season = title.Season,
        Episode = title.Episode,
        NextContentId = title.NextContentId?.Value,
        Kind = title.Kind,
    };

    public Title? ToTitle() => ContentId is not { } contentId || contentId == Guid.Empty ? null : new Title(new ContentId(contentId))
    {
        Duration = Span(DurationMs),
        CreditsStart = Span(CreditsStartMs),
        SeriesId = Contracts.SeriesId.TryParse(SeriesId, out var series) ? series : null,
        Season = Season,
        Episode = Episode,
        NextContentId = NextContentId is { } next && next != Guid.Empty ? new ContentId(next) : null,
        Kind = Kind,
    };

    private static long? Milliseconds(TimeSpan? span) => span?.Ticks / TimeSpan.TicksPerMillisecond;

    private static TimeSpan? Span(long? milliseconds) =>
        milliseconds is { } count ? TimeSpan.FromTicks(count * TimeSpan.TicksPerMillisecond) : null;
}
