using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Reference;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ContinueWatching.Api.Watch;

/// <summary>The routes of the row: what is in it, why, and what a viewer wants out of it.</summary>
internal static partial class RowRoutes
{
    public static void MapRow(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/users/{userId}/continue-watching", GetRowAsync).Describe(GetRow);
        routes.MapDelete("/users/{userId}/continue-watching/{contentId}", HideAsync).Describe(Hide);
        routes.MapPost("/users/{userId}/continue-watching/{contentId}/restore", RestoreAsync).Describe(Restore);
        routes.MapGet("/users/{userId}/continue-watching/why/{contentId}", ExplainAsync).Describe(Explain);
    }

    private static async Task<Results<Tagged<RowAnswer>, ProblemHttpResult>> GetRowAsync(
        [AsParameters] UserCall call, CancellationToken cancellationToken) =>
        call.TryGetGrain(out var grain, out var refusal)
            ? new Tagged<RowAnswer>(RowAnswer.Of(await grain.GetRowAsync(cancellationToken)), AnswerJson.Of<RowAnswer>())
            : refusal;

    // Durable: 204 means committed in Postgres. So it does below.
    private static Task<Results<NoContent, ProblemHttpResult>> HideAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken) =>
        call.DoAsync((grain, contentId, askedAt) => grain.HideAsync(contentId, askedAt, cancellationToken));

    private static Task<Results<NoContent, ProblemHttpResult>> RestoreAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken) =>
        call.DoAsync((grain, contentId, askedAt) => grain.RestoreAsync(contentId, askedAt, cancellationToken));

    private static async Task<Results<Ok<WhyAnswer>, ProblemHttpResult>> ExplainAsync(
        [AsParameters] TitleCall call, CancellationToken cancellationToken) =>
        call.TryGetGrain(out var grain, out var contentId, out var refusal)
            ? TypedResults.Ok(WhyAnswer.Of(contentId, await grain.ExplainAsync(contentId, cancellationToken)))
            : refusal;
}
