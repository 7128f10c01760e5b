using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Rates;
using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Api.Catalogue;

/// <summary>The routes of the catalogue: who may write it stores and removes titles, everybody looks them up.</summary>
internal static partial class TitleRoutes
{
    // Each is a commit of its own, on a connection that viewers' reports could have.
    private const int WritesAtOnce = 16;

    public static void MapTitles(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/titles/{contentId}", GetTitleAsync).Describe(GetTitle);
        routes.MapPut("/titles/{contentId}", PutTitleAsync).Describe(PutTitle);
        routes.MapDelete("/titles/{contentId}", DeleteTitleAsync).Describe(DeleteTitle);
        routes.MapPut("/titles", PutTitlesAsync).Describe(PutTitles);
    }

    private static async Task<Results<Ok<TitleAnswer>, ProblemHttpResult>> GetTitleAsync(
        string contentId, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (!TryParse(contentId, out var id, out var fault))
        {
            return Problems.BadRequest(fault);
        }

        return await grains.GetTitle(id).GetAsync(cancellationToken) is { } title
            ? TypedResults.Ok(TitleAnswer.Of(title))
            : Problems.NotFound("The catalogue does not know this title.");
    }

    // Durable: 204 means committed in Postgres. So it does below.
    private static async Task<Results<NoContent, ProblemHttpResult>> PutTitleAsync(
        string contentId, HttpRequest request, ClaimsPrincipal principal, IGrainFactory grains, IOptions<ApiSettings> settings)
    {
        if (!new Caller(principal, settings.Value).MayWriteTitles(out var refusal))
        {
            return refusal;
        }

        if (!TryParse(contentId, out var id, out var routeFault))
        {
            return Problems.BadRequest(routeFault);
        }

        var body = new TitleRequest();
        if (await JsonBody.ReadAsync(request, body, TitleRequest.ReadMember) is { } unreadable)
        {
            return unreadable;
        }

        if (body.ContentId is { } other && other != id)
        {
            return Problems.BadRequest(new Fault("contentId", $"{other}", $"{id}, as in the path, or absent"));
        }

        var title = body.ToTitle(id);
        if (title.FindFault() is { } fault)
        {
            return Problems.BadRequest(fault with { Value = JsonBody.Shorten(fault.Value) });
        }

        await grains.GetTitle(id).SetAsync(title, request.HttpContext.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteTitleAsync(
        string contentId,
        ClaimsPrincipal principal,
        IGrainFactory grains,
        IOptions<ApiSettings> settings,
        CancellationToken cancellationToken)
    {
        if (!new Caller(principal, settings.Value).MayWriteTitles(out var refusal))
        {
            return refusal;
        }

        if (!TryParse(contentId, out var id, out var fault))
        {
            return Problems.BadRequest(fault);
        }

        await grains.GetTitle(id).RemoveAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    // All are checked before one is stored. Storing is not one transaction: after a 503 some may be stored, and the same again stores all.
    private static async Task<Results<Ok<StoredAnswer>, ProblemHttpResult>> PutTitlesAsync(
        HttpRequest request, ClaimsPrincipal principal, IGrainFactory grains, IOptions<ApiSettings> settings)
    {
        if (!new Caller(principal, settings.Value).MayWriteTitles(out var refusal))
        {
            return refusal;
        }

        var body = new TitlesRequest();
        if (await JsonBody.ReadAsync(request, body, TitlesRequest.ReadMember, JsonBody.MaxBatchBytes) is { } unreadable)
        {
            return unreadable;
        }

        if (body.ToTitles(out var titles) is { } fault)
        {
            return Problems.BadRequest(fault);
        }

        if (!RateLimits.TryTakeMore(request.HttpContext, titles.Count, out refusal))
        {
            return refusal;
        }

        var bounded = new ParallelOptions { MaxDegreeOfParallelism = WritesAtOnce, CancellationToken = request.HttpContext.RequestAborted };
        await Parallel.ForEachAsync(
            titles, bounded, async (title, cancellationToken) => await grains.GetTitle(title.ContentId).SetAsync(title, cancellationToken));
        return TypedResults.Ok(new StoredAnswer(titles.Count));
    }

    private static bool TryParse(string text, out ContentId id, [NotNullWhen(false)] out Fault? fault)
    {
        fault = ContentId.TryParse(text, out id) ? null : new Fault("contentId", JsonBody.Shorten(text), ContentId.Allowed);
        return fault is null;
    }
}
