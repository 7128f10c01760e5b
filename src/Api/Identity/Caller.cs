using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;
using ContinueWatching.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ContinueWatching.Api.Identity;

/// <summary>Who calls, and so for whom they may act: a user for themselves, a service for anybody.</summary>
internal readonly struct Caller(ClaimsPrincipal principal, ApiSettings settings)
{
    /// <summary>May act for any user.</summary>
    public const string ServiceScope = "continue-watching.service";

    /// <summary>May write titles.</summary>
    public const string CatalogueScope = "continue-watching.catalog";
    private static readonly string[] _deviceIdClaims = ["device_id", "sid"];

    /// <summary>Whether a service calls, for many users or for the catalogue, and not a viewer for themselves.</summary>
    public bool IsService => principal.HasScope(ServiceScope) || principal.HasScope(CatalogueScope);

    /// <summary>The user whom <paramref name="target"/> means, when the caller may act for them; else the refusal.</summary>
    public bool MayActFor(UserTarget target, out UserId user, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        refusal = null;
        if (principal.HasScope(ServiceScope))
        {
            user = target.Id ?? default;
            refusal = target.Id is null ? Problems.Forbidden("A service token has no user of its own: name the user instead of me.") : null;
        }
        else if (!UserId.TryParse(principal.FindFirstValue(settings.UserIdClaim), out user))
        {
            refusal = Problems.Forbidden($"The token's claim {settings.UserIdClaim} is no user id: {UserId.Allowed}.");
        }
        else if (target.Id is { } id && id != user)
        {
            refusal = Problems.Forbidden("The token is another user's.");
        }

        return refusal is null;
    }

    /// <summary>Whether the caller may write to the catalogue; else the refusal.</summary>
    public bool MayWriteTitles([NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        refusal = principal.HasScope(CatalogueScope) ? null : Problems.Forbidden($"Writing titles needs the scope {CatalogueScope}.");
        return refusal is null;
    }

    /// <summary>The device that the token names; the empty device when it names none.</summary>
    /// <returns>What is wrong with the claim, or null.</returns>
    public Fault? FindDevice(out DeviceId device)
    {
        device = default;
        foreach (var claim in settings.DeviceIdClaims ?? _deviceIdClaims)
        {
            if (principal.FindFirstValue(claim) is { Length: > 0 } value)
            {
                return DeviceId.TryParse(value, out device)
                    ? null
                    : new Fault("deviceId", $"the token's claim {claim}", $"{DeviceId.Allowed}; or name the device in the report");
            }
        }

        return null;
    }
}

/// <summary>Whom a request names: a user, or <c>me</c>, the token's own.</summary>
/// <param name="Id">The user; null for <c>me</c>.</param>
internal readonly record struct UserTarget(UserId? Id)
{
    public const string Allowed = $"{UserId.Allowed}, except me, which stands for the token's user";

    public static bool TryParse(string? text, out UserTarget target)
    {
        var isId = UserId.TryParse(text, out var user);
        target = new UserTarget(isId ? user : null);
        return isId || text == "me";
    }
}
