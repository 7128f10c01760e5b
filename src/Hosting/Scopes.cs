using System.Security.Claims;

namespace ContinueWatching.Hosting;

/// <summary>What a token's bearer may do beyond acting for its own user.</summary>
public static class Scopes
{
    /// <summary>May see the dashboard.</summary>
    public const string Admin = "continue-watching.admin";

    /// <summary>
    /// Whether exactly <paramref name="scope"/> is one of the token's: in a claim <c>scope</c>, or <c>scp</c> (Entra's), they are separated by
    /// spaces; an array arrives as a claim for each.
    /// </summary>
    public static bool HasScope(this ClaimsPrincipal principal, string scope)
    {
        foreach (var claim in principal.Claims)
        {
            if (claim.Type is "scope" or "scp" && claim.Value.Split(' ').Contains(scope))
            {
                return true;
            }
        }

        return false;
    }
}
