using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ContinueWatching.Api;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Baselines;

/// <summary>The two routes that are compared, with the service's own sign-in, checks and answers around <see cref="IPlaces"/>.</summary>
internal static class PlaceRoutes
{
    private const int NextReportInSeconds = 10;

    public static void MapPlaces(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/updateWatchStatus", UpdateWatchStatusAsync);
        routes.MapGet("/users/{userId}/continue-watching", GetRowAsync);
        routes.MapGet("/health/ready", () => "ready").AllowAnonymous();
    }

    private static async Task<Results<Ok<ReportAnswer>, ProblemHttpResult>> UpdateWatchStatusAsync(
        HttpRequest request, ClaimsPrincipal principal, IPlaces places, IOptions<ApiSettings> settings, TimeProvider time)
    {
        var receivedAt = time.GetUtcNow();
        var body = new ReportRequest();
        if (await JsonBody.ReadAsync(request, body, ReportRequest.ReadMember) is { } unreadable)
            return unreadable;
        if (body.FindMissing() is { } missing)
            return Problems.BadRequest(missing);
        var caller = new Caller(principal, settings.Value);
        if (!caller.MayActFor(body.User, out var user, out var refusal))
            return refusal;
        var device = body.Device ?? default;
        if (body.Device is null && caller.FindDevice(out device) is { } deviceFault)
            return Problems.BadRequest(deviceFault);
        var report = body.ToReport(device, receivedAt);
        if (report.FindFault() is { } fault)
            return Problems.BadRequest(fault);
        var watchedAt = await places.StoreAsync(user, report);
        return TypedResults.Ok(new ReportAnswer(
            report.ContentId,
            ReportOutcome.Applied,
            report.Position.TotalSeconds,
            report.Duration?.TotalSeconds,
            Completed: false,
            CompletedAt: null,
            PlayCount: 0,
            watchedAt.UtcDateTime,
            report.DeviceId.ToWire(),
            Elsewhere: [],
            NextReportInSeconds));
    }

    private static async Task<Results<Tagged<RowAnswer>, ProblemHttpResult>> GetRowAsync(
        string userId, ClaimsPrincipal principal, IPlaces places, IOptions<ApiSettings> settings)
    {
        if (!UserTarget.TryParse(userId, out var target))
            return Problems.BadRequest(new Fault("userId", JsonBody.Shorten(userId), UserTarget.Allowed));
        if (!new Caller(principal, settings.Value).MayActFor(target, out var user, out var refusal))
            return refusal;
        var row = await places.GetRowAsync(user);
        var items = new RowItem[row.Count];
        for (var index = 0; index < items.Length; index++)
            items[index] = ToItem(row[index]);
        return new Tagged<RowAnswer>(new RowAnswer(items), AnswerJson.Row);
    }

    private static RowItem ToItem(Place place) => new(
        new ContentId(place.ContentId),
        place.PositionMs / 1000.0,
        place.DurationMs / 1000.0,
        place.DurationMs is { } duration ? Math.Round(Math.Min(1, (double)place.PositionMs / duration), 4) : null,
        place.WatchedAt.UtcDateTime,
        place.DeviceId,
        SeriesId: null,
        RowReason.InProgress);
}

/// <summary>How answers are written: as the service writes them.</summary>
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(RowAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    public static JsonTypeInfo<RowAnswer> Row => (JsonTypeInfo<RowAnswer>)Written.Options.GetTypeInfo(typeof(RowAnswer));

    public static void Configure(JsonSerializerOptions options)
    {
        options.NumberHandling = JsonNumberHandling.Strict;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Converters.Add(new JsonStringEnumConverter<ReportOutcome>(JsonNamingPolicy.CamelCase));
        options.Converters.Add(new JsonStringEnumConverter<RowReason>(JsonNamingPolicy.CamelCase));
        options.Converters.Add(new ContentIdJson());
        options.TypeInfoResolverChain.Insert(0, Default);
    }

    // Apart, for it needs the context to be there.
    private static class Written
    {
        public static readonly JsonSerializerOptions Options = Configured();

        private static JsonSerializerOptions Configured()
        {
            var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
            Configure(options);
            return options;
        }
    }

    private sealed class ContentIdJson : JsonConverter<ContentId>
    {
        public override ContentId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, ContentId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
