using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Catalogue;

/// <content>What the reference says of the routes.</content>
internal static partial class TitleRoutes
{
    private const string Members = """
        "duration": 2700, "creditsStart": 2610, "seriesId": "harbour-lights", "season": 2, "episode": 3,
        "nextContentId": "7c9a1d0e-52b4-4f0a-8a52-6f3b1f1f0c21", "kind": "episode"
        """;

    private static RouteText GetTitle { get; } = new(
        "getTitle", Tags.Catalogue, "Look a title up", "What the catalogue knows of it; any good token may ask.")
    {
        Answer = $$"""{"contentId": "{{Words.Film}}", {{Members}}}""",
        NotFound = "The catalogue does not know this title.",
        OpenToAll = true,
    };

    private static RouteText PutTitle { get; } = new(
        "putTitle",
        Tags.Catalogue,
        "Store a title",
        $"""
        In the place of what was known of it: what is left out is forgotten. Every silo sees it within a minute. Needs the scope
        `{Caller.CatalogueScope}`.
        """)
    {
        Body = new(typeof(TitleBody), $"{{{Members}}}"),
        Scope = Caller.CatalogueScope,
    };

    private static RouteText DeleteTitle { get; } = new(
        "deleteTitle",
        Tags.Catalogue,
        "Take a title out of the catalogue",
        $"The places of its viewers stay. One that is not there is no error. Needs the scope `{Caller.CatalogueScope}`.")
    {
        Scope = Caller.CatalogueScope,
    };

    private static RouteText PutTitles { get; } = new(
        "putTitles",
        Tags.Catalogue,
        "Store many titles",
        $"""
        1 to {Limits.TitlesInWrite} titles in a body of at most 256 KiB, each in the place of what was known of it. All are
        checked before one is stored. It is not one transaction: after a 503 some may be stored, and the same again stores all.
        Needs the scope `{Caller.CatalogueScope}`.
        """)
    {
        Body = new(typeof(TitlesBody), $$"""{"titles": [{"contentId": "{{Words.Film}}", {{Members}}}]}"""),
        Answer = """{"stored": 1}""",
        Scope = Caller.CatalogueScope,
    };
}

/// <summary>What the catalogue is to know of the title.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record TitleBody(
    ContentId? ContentId,
    double? Duration,
    double? CreditsStart,
    string? SeriesId,
    int? Season,
    int? Episode,
    ContentId? NextContentId,
    string? Kind);

/// <summary>Many titles.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record TitlesBody(IReadOnlyList<TitleOfManyBody> Titles);

/// <summary>What the catalogue is to know of one of many titles.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record TitleOfManyBody(
    ContentId ContentId,
    double? Duration,
    double? CreditsStart,
    string? SeriesId,
    int? Season,
    int? Episode,
    ContentId? NextContentId,
    string? Kind);
