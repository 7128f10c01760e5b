using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ContinueWatching.Api.Users;

/// <summary>All of a user's data, out and in: one form, a JSON array with an entry for each thing held, streamed both ways.</summary>
internal static partial class TransferRoutes
{
    /// <summary>The most bytes of an import: twice what <see cref="MaxTitles"/> take with the places of four devices each.</summary>
    public const int MaxImportBytes = 64 * 1024 * 1024;

    private const int MaxTitles = 50_000;

    public static void MapTransfer(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/users/{userId}/export", ExportAsync).Describe(Export);
        routes.MapPut("/users/{userId}/import", ImportAsync).Describe(Import);
    }

    private static async Task<Results<ExportStream, ProblemHttpResult>> ExportAsync(
        [AsParameters] UserCall call, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!call.TryGetUser(out var user, out var refusal))
        {
            return refusal;
        }

        // What fails here is still answered with its status.
        var grain = call.Grains.GetUser(user);
        var profile = await grain.GetProfileAsync(cancellationToken);
        var watchlist = await grain.GetWatchlistAsync(cancellationToken);
        var first = await grain.ExportAsync(after: null, cancellationToken);
        return new ExportStream(ExportedUser.Of(user, profile, time.GetUtcNow()), watchlist, grain, first);
    }

    private static Results<Import, ProblemHttpResult> ImportAsync([AsParameters] UserCall call, HttpRequest request, TimeProvider time)
    {
        if (!call.TryGetUser(out var user, out var refusal))
        {
            return refusal;
        }

        if (!JsonBody.IsJson(request.ContentType))
        {
            return Problems.NotJson(request.ContentType);
        }

        if (request.ContentLength > MaxImportBytes)
        {
            return Problems.TooLarge(MaxImportBytes);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxImportBytes;
        }

        return new Import(call.Grains.GetUser(user), time, MaxTitles);
    }
}
