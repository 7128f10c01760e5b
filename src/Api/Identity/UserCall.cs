using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Api.Identity;

/// <summary>A request under <c>/users/{userId}</c>: whom it names, and who sent it.</summary>
internal readonly record struct UserCall(
    [FromRoute(Name = "userId")] string UserId,
    ClaimsPrincipal Principal,
    IGrainFactory Grains,
    IOptions<ApiSettings> Settings,
    TimeProvider Time)
{
    /// <summary>The caller, for what is asked about them.</summary>
    public Caller Caller => new(Principal, Settings.Value);

    /// <summary>The grain of the user whom the path names, when the caller may act for them; else the refusal.</summary>
    public bool TryGetGrain([NotNullWhen(true)] out IUserGrain? grain, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        grain = TryGetUser(out var user, out refusal) ? Grains.GetUser(user) : null;
        return grain is not null;
    }

    /// <summary>The user whom the path names, when the caller may act for them; else the refusal.</summary>
    public bool TryGetUser(out UserId user, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        user = default;
        refusal = null;
        if (!UserTarget.TryParse(UserId, out var target))
        {
            refusal = Problems.BadRequest(new Fault("userId", JsonBody.Shorten(UserId), UserTarget.Allowed));
            return false;
        }

        return Caller.MayActFor(target, out user, out refusal);
    }
}

/// <summary>A request about one title of a user.</summary>
internal readonly record struct TitleCall(
    [FromRoute(Name = "userId")] string UserId,
    [FromRoute(Name = "contentId")] string ContentId,
    ClaimsPrincipal Principal,
    IGrainFactory Grains,
    IOptions<ApiSettings> Settings,
    TimeProvider Time)
{
    /// <summary>The grain and the title that the path names, when the caller may act for that user; else the refusal.</summary>
    public bool TryGetGrain(
        [NotNullWhen(true)] out IUserGrain? grain, out ContentId contentId, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        contentId = default;
        if (!new UserCall(UserId, Principal, Grains, Settings, Time).TryGetGrain(out grain, out refusal))
        {
            return false;
        }

        refusal = Contracts.ContentId.TryParse(ContentId, out contentId)
            ? null
            : Problems.BadRequest(new Fault("contentId", JsonBody.Shorten(ContentId), Contracts.ContentId.Allowed));
        return refusal is null;
    }

    /// <summary>
    /// Does something to the title that the path names, as of this moment, when the caller may; 204 once it is done.
    /// </summary>
    public async Task<Results<NoContent, ProblemHttpResult>> DoAsync(Func<IUserGrain, ContentId, DateTimeOffset, Task> act)
    {
        if (!TryGetGrain(out var grain, out var contentId, out var refusal))
        {
            return refusal;
        }

        await act(grain, contentId, Time.GetUtcNow());
        return TypedResults.NoContent();
    }
}
