using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Catalogue;

/// <summary>What the catalogue knows of a title.</summary>
internal sealed record TitleAnswer(
    ContentId ContentId,
    double? Duration,
    double? CreditsStart,
    string? SeriesId,
    int? Season,
    int? Episode,
    ContentId? NextContentId,
    string? Kind)
{
    public static TitleAnswer Of(Title title) => new(
        title.ContentId,
        title.Duration?.TotalSeconds,
        title.CreditsStart?.TotalSeconds,
        title.SeriesId?.Value,
        title.Season,
        title.Episode,
        title.NextContentId,
        title.Kind);
}

/// <summary>How many titles were stored.</summary>
internal sealed record StoredAnswer(int Stored);
