using System.Security.Claims;

namespace ContinueWatching.Hosting;

/// <summary>What a token's bearer may do beyond acting for its own user.</summary>
public static class Scopes
{
    /// <summary>May see the dashboard.</summary>
    public const string Admin = "continue-watching.admin";

    /// <summary>
    /// Whether exactly <paramref name="scope"/> is one of the token's: in a claim <c>scope</c> they are separated by spaces, an array
    /// <c>scp</c> arrives as a claim each.
    /// </summary>
    public static bool HasScope(this ClaimsPrincipal principal, string scope)
    {
        foreach (var claim in principal.Claims)
        {
            if ((claim.Type == "scope" && claim.Value.Split(' ').Contains(scope)) || (claim.Type == "scp" && claim.Value == scope))
            {
                return true;
            }
        }

        return false;
    }
}
