using System.Globalization;
using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Reference;
using ContinueWatching.Api.Watch;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ContinueWatching.Api.Users;

/// <summary>The routes of what a user has and decides: watched marks, history, watchlist, pause, erasure.</summary>
internal static partial class UserRoutes
{
    public const int DefaultHistoryPage = 20;

    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        const string user = "/users/{userId}";
        routes.MapGet(user, GetUserAsync).Describe(GetUser);
        routes.MapPatch(user, PatchUserAsync).Describe(PatchUser);
        routes.MapDelete(user, EraseAsync).Describe(Erase);
        routes.MapPut(user + "/watched/{contentId}", MarkWatchedAsync).Describe(MarkWatched);
        routes.MapDelete(user + "/watched/{contentId}", UnmarkWatchedAsync).Describe(UnmarkWatched);
        routes.MapGet(user + "/history", GetHistoryAsync).Describe(GetHistory);
        routes.MapDelete(user + "/history/{contentId}", ForgetAsync).Describe(Forget);
        routes.MapGet(user + "/watchlist", GetWatchlistAsync).Describe(GetWatchlist);
        routes.MapPut(user + "/watchlist/{contentId}", AddToWatchlistAsync).Describe(AddToWatchlist);
        routes.MapDelete(user + "/watchlist/{contentId}", RemoveFromWatchlistAsync).Describe(RemoveFromWatchlist);
    }

    private static async Task<Results<Ok<UserAnswer>, ProblemHttpResult>> GetUserAsync(
        [AsParameters] UserCall call, CancellationToken cancellationToken) =>
        call.TryGetUser(out var user, out var refusal)
            ? TypedResults.Ok(UserAnswer.Of(user, await call.Grains.GetUser(user).GetProfileAsync(cancellationToken)))
            : refusal;

    // Durable: an answer of success means committed in Postgres. So it does below.
    private static async Task<Results<Ok<UserAnswer>, ProblemHttpResult>> PatchUserAsync(
        [AsParameters] UserCall call, HttpRequest request)
    {
        if (!call.TryGetUser(out var user, out var refusal))
        {
            return refusal;
        }

        var body = new UserPatch();
        if (await JsonBody.ReadAsync(request, body, UserPatch.ReadMember) is { } unreadable)
        {
            return unreadable;
        }

        if (body.HistoryPaused is not { } paused)
        {
            return Problems.BadRequest(new Fault("historyPaused", "absent", "true or false"));
        }

        var profile = await call.Grains.GetUser(user).PauseHistoryAsync(paused, call.Time.GetUtcNow(), request.HttpContext.RequestAborted);
        return TypedResults.Ok(UserAnswer.Of(user, profile));
    }

    // Named twice: a path that is made up wrongly, .../watchlist/.. say, ends here, and nothing brings back what is erased.
    private static async Task<Results<Ok<ErasureAnswer>, ProblemHttpResult>> EraseAsync(
        [AsParameters] UserCall call, [FromQuery(Name = "confirm")] string? confirm, CancellationToken cancellationToken)
    {
        if (!call.TryGetGrain(out var grain, out var refusal))
        {
            return refusal;
        }

        return confirm == call.UserId
            ? TypedResults.Ok(ErasureAnswer.Of(await grain.EraseAsync(call.Time.GetUtcNow(), cancellationToken)))
            : Problems.BadRequest(new Fault(
                "confirm", confirm is null ? "absent" : JsonBody.Shorten(confirm), $"{call.UserId}, as in the path: what is erased does not come back"));
    }

    private static async Task<Results<Ok<WatchStatusAnswer>, ProblemHttpResult>> MarkWatchedAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken) =>
        call.TryGetGrain(out var grain, out var contentId, out var refusal)
            ? TypedResults.Ok(WatchStatusAnswer.Of(await grain.MarkWatchedAsync(contentId, call.Time.GetUtcNow(), cancellationToken)))
            : refusal;

    private static Task<Results<NoContent, ProblemHttpResult>> UnmarkWatchedAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken) =>
        call.DoAsync((grain, contentId, askedAt) => grain.UnmarkWatchedAsync(contentId, askedAt, cancellationToken));

    private static async Task<Results<Ok<HistoryAnswer>, ProblemHttpResult>> GetHistoryAsync(
        [AsParameters] UserCall call,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after,
        CancellationToken cancellationToken)
    {
        if (!call.TryGetGrain(out var grain, out var refusal))
        {
            return refusal;
        }

        var size = DefaultHistoryPage;
        if (limit is not null
            && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= Limits.HistoryPage))
        {
            return Problems.BadRequest(new Fault("limit", JsonBody.Shorten(limit), $"a whole number, 1 to {Limits.HistoryPage}, or absent"));
        }

        HistoryCursor? end = null;
        if (after is not null)
        {
            if (!Cursor.TryParse(after, out var cursor))
            {
                return Problems.BadRequest(new Fault("after", JsonBody.Shorten(after), Cursor.Allowed));
            }

            end = cursor;
        }

        return TypedResults.Ok(HistoryAnswer.Of(await grain.GetHistoryAsync(size, end, cancellationToken)));
    }

    private static Task<Results<NoContent, ProblemHttpResult>> ForgetAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken) =>
        call.DoAsync((grain, contentId, askedAt) => grain.ForgetAsync(contentId, askedAt, cancellationToken));

    private static async Task<Results<Ok<WatchlistAnswer>, ProblemHttpResult>> GetWatchlistAsync(
        [AsParameters] UserCall call, CancellationToken cancellationToken) =>
        call.TryGetGrain(out var grain, out var refusal)
            ? TypedResults.Ok(new WatchlistAnswer(Array.ConvertAll([.. await grain.GetWatchlistAsync(cancellationToken)], WatchlistItem.Of)))
            : refusal;

    private static async Task<Results<NoContent, ProblemHttpResult>> AddToWatchlistAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken)
    {
        if (!call.TryGetGrain(out var grain, out var contentId, out var refusal))
        {
            return refusal;
        }

        return await grain.AddToWatchlistAsync(contentId, call.Time.GetUtcNow(), cancellationToken)
            ? TypedResults.NoContent()
            : Problems.Conflict($"The watchlist has {Limits.Watchlist} titles, as many as it may; take one off first.");
    }

    private static Task<Results<NoContent, ProblemHttpResult>> RemoveFromWatchlistAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken) =>
        call.DoAsync((grain, contentId, askedAt) => grain.RemoveFromWatchlistAsync(contentId, askedAt, cancellationToken));
}

/// <summary>The body of <c>PATCH /users/{userId}</c>: <c>{"historyPaused": true}</c>.</summary>
internal sealed class UserPatch
{
    /// <summary>Whether the history is to be paused; null when the body does not say.</summary>
    public bool? HistoryPaused { get; private set; }

    /// <summary>Takes one member; for <see cref="JsonBody.ReadMember{T}"/>.</summary>
    public static Fault? ReadMember(ref Utf8JsonReader reader, string name, UserPatch patch)
    {
        if (name != "historyPaused" || reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
        {
            return new Fault(name, JsonBody.Show(ref reader), "true or false");
        }

        patch.HistoryPaused = reader.GetBoolean();
        return null;
    }
}
