using System.Globalization;
using System.Security.Claims;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace ContinueWatching.Api.Events;

/// <summary>The live route: the row, and then what changes, as server-sent events.</summary>
internal static partial class EventRoutes
{
    /// <summary>The header that event clients send when they come back. The row comes first all the same.</summary>
    public const string LastEventId = "Last-Event-ID";

    // Another server may have room, and is asked soon.
    private const int RetryElsewhereAfterSeconds = 5;

    // When the subscription of a client that is gone without a word has run out.
    private static readonly int _retryAfterSeconds = (int)Limits.Subscription.TotalSeconds;

    private const string ContentType = "text/event-stream";

    // What a timer can hold.
    private static readonly TimeSpan _longest = TimeSpan.FromDays(40);

    public static void AddEvents(this IServiceCollection services) => services.AddSingleton<EventStreams>();

    // A stream that lasts for hours is no slow request.
    public static void MapEvents(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/users/{userId}/events", GetEventsAsync)
            .DisableHttpMetrics()
            .Produces<string>(StatusCodes.Status200OK, ContentType)
            .Describe(GetEvents);

    private static async Task<Results<EmptyHttpResult, ProblemHttpResult>> GetEventsAsync(
        [AsParameters] UserCall call, HttpContext http, EventStreams streams)
    {
        if (!call.TryGetUser(out var user, out var refusal))
        {
            return refusal;
        }

        if (!streams.TryEnter())
        {
            http.RequestServices.GetRequiredService<ApiInstruments>().Unavailable(ApiInstruments.TooManyStreams);
            return Refuse(
                http,
                StatusCodes.Status503ServiceUnavailable,
                "This server has all the event streams that it may have.",
                RetryElsewhereAfterSeconds);
        }

        try
        {
            return await StreamAsync(http, call.Grains, user, call.Settings.Value)
                ? TypedResults.Empty
                : Refuse(
                    http,
                    StatusCodes.Status429TooManyRequests,
                    $"A user may have {Limits.ObserversPerUser} event streams: close one first.",
                    _retryAfterSeconds);
        }
        finally
        {
            streams.Leave();
        }
    }

    private static async Task<bool> StreamAsync(HttpContext http, IGrainFactory grains, UserId user, ApiSettings settings)
    {
        var services = http.RequestServices;
        var time = services.GetRequiredService<TimeProvider>();
        using var expiry = new CancellationTokenSource(UntilExpiry(http, time), time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, expiry.Token, services.GetRequiredService<Drain>().Over);
        using var changed = new Alarm(time);
        using var filled = new Alarm(time);
        var outbox = new Outbox(time, filled);
        var live = new LiveUser(grains, user, time, settings.EventRenewal, outbox, changed);
        try
        {
            if (!await live.TryStartAsync(http.RequestAborted))
            {
                return false;
            }

            http.Response.ContentType = ContentType;
            http.Response.Headers.CacheControl = "private, no-cache, no-store";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            var json = services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            var writer = new EventWriter(http.Response.BodyWriter, json, time, settings.EventKeepAlive, outbox, filled);
            await RunAsync(http, live, writer, end);
            return true;
        }
        finally
        {
            // Nobody has to wait for it.
            _ = live.EndAsync();
        }
    }

    private static async Task RunAsync(HttpContext http, LiveUser live, EventWriter writer, CancellationTokenSource end)
    {
        var following = live.FollowAsync(end.Token);
        var writing = writer.WriteAsync(end.Token);
        await Task.WhenAny(following, writing);
        await end.CancelAsync();
        try
        {
            await Task.WhenAll(following, writing);
        }
        catch (OperationCanceledException)
        {
            // The client has gone, the token has expired, or the process stops: a stream ends no other way.
        }
        catch (TimeoutException)
        {
            // The client does not read. What waits for it in buffers is not worth keeping.
            http.Abort();
        }
    }

    // As long as other requests are taken with the token.
    private static TimeSpan UntilExpiry(HttpContext http, TimeProvider time)
    {
        var jwt = http.RequestServices.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
        var seconds = double.Parse(http.User.FindFirstValue("exp")!, CultureInfo.InvariantCulture);
        var left = seconds + jwt.TokenValidationParameters.ClockSkew.TotalSeconds - (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        return TimeSpan.FromSeconds(Math.Clamp(left, 0, _longest.TotalSeconds));
    }

    private static ProblemHttpResult Refuse(HttpContext http, int status, string detail, int retryAfterSeconds)
    {
        http.Response.Headers.RetryAfter = $"{retryAfterSeconds}";
        return TypedResults.Problem(statusCode: status, detail: detail);
    }
}
