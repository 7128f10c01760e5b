using System.Reflection;
using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Rates;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.Metadata;

namespace ContinueWatching.Api.Users;

/// <summary>The first entry of an export: whose it is.</summary>
internal sealed record ExportedUser(
    string Type, string UserId, DateTime ExportedAt, DateTime? CreatedAt, bool HistoryPaused, DateTime? PausedFrom, DateTime? PausedUntil)
{
    public static ExportedUser Of(UserId user, UserProfile profile, DateTimeOffset exportedAt) => new(
        ImportEntry.User,
        user.Value,
        exportedAt.UtcDateTime,
        profile.CreatedAt?.UtcDateTime,
        profile.HistoryPaused,
        profile.PausedFrom?.UtcDateTime,
        profile.PausedUntil?.UtcDateTime);
}

/// <summary>An entry of an export: all that is held of the user and one title.</summary>
internal sealed record ExportedTitle(
    string Type,
    ContentId ContentId,
    IReadOnlyList<ExportedPlace>? Places,
    DateTime? CompletedAt,
    int? PlayCount,
    DateTime? HiddenAt,
    DateTime? ForgottenAt)
{
    public static ExportedTitle Of(TitleRecord title) => new(
        ImportEntry.Title,
        title.ContentId,
        title.Places.IsEmpty ? null : Array.ConvertAll([.. title.Places], ExportedPlace.Of),
        title.CompletedAt?.UtcDateTime,
        title.CompletedAt is null ? null : title.PlayCount,
        title.HiddenAt?.UtcDateTime,
        title.ForgottenAt?.UtcDateTime);
}

/// <summary>One device's place in a title.</summary>
internal sealed record ExportedPlace(string? DeviceId, double ResumeFrom, double? Duration, DateTime WatchedAt)
{
    public static ExportedPlace Of(PlaceRecord place) => new(
        place.DeviceId.ToWire(), place.Position.TotalSeconds, place.Duration?.TotalSeconds, place.WatchedAt.UtcDateTime);
}

/// <summary>An entry of an export: a title on the watchlist.</summary>
internal sealed record ExportedWatchlistEntry(string Type, ContentId ContentId, DateTime AddedAt);

/// <summary>
/// Writes an export while it is read, a page at a time. Should a page fail, the connection is broken off: the array has no end, and
/// no client can take the part for the whole.
/// </summary>
internal sealed class ExportStream(
    ExportedUser user,
    IEnumerable<WatchlistEntry> watchlist,
    IUserGrain grain,
    IReadOnlyList<TitleRecord> first) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(IReadOnlyList<ExportEntry>), ["application/json"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellationToken = httpContext.RequestAborted;
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        httpContext.Response.Headers.ContentDisposition = "attachment; filename=\"continue-watching.json\"";
        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        json.WriteStartArray();
        JsonSerializer.Serialize(json, user, AnswerJson.Of<ExportedUser>());
        foreach (var entry in watchlist)
        {
            var exported = new ExportedWatchlistEntry(ImportEntry.Watchlist, entry.ContentId, entry.AddedAt.UtcDateTime);
            JsonSerializer.Serialize(json, exported, AnswerJson.Of<ExportedWatchlistEntry>());
        }

        for (var page = first; page.Count > 0; page = await grain.ExportAsync(page[^1].ContentId, cancellationToken))
        {
            foreach (var title in page.Where(IsHeld))
            {
                JsonSerializer.Serialize(json, ExportedTitle.Of(title), AnswerJson.Of<ExportedTitle>());
            }

            await json.FlushAsync(cancellationToken);
            await httpContext.Response.BodyWriter.FlushAsync(cancellationToken);

            // A page costs what a batch does, and waits for it.
            await RateLimits.WaitForMoreAsync(httpContext, page.Count, cancellationToken);
        }

        json.WriteEndArray();
    }

    // Of what was taken back (a restored title) nothing is left to tell.
    private static bool IsHeld(TitleRecord title) =>
        !title.Places.IsEmpty || (title.CompletedAt ?? title.HiddenAt ?? title.ForgottenAt) is not null;
}
