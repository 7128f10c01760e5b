using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Bench.Load;

/// <summary>The tokens of the viewers: made before anything is measured, all by one key.</summary>
internal static class Tokens
{
    private const string Issuer = "https://sign-in.bench";
    private const string Audience = "continue-watching";
    private static readonly TimeSpan _lifetime = TimeSpan.FromHours(8);

    // Known to everybody: it opens servers on loopback, for as long as a bench runs.
    private static readonly byte[] _key = "continue-watching-bench-on-loopback"u8[..32].ToArray();

    /// <summary>The configuration under which a service takes them, as environment variables.</summary>
    public static IReadOnlyDictionary<string, string?> Configuration { get; } = new Dictionary<string, string?>
    {
        ["Authentication__Schemes__Bearer__ValidIssuer"] = Issuer,
        ["Authentication__Schemes__Bearer__ValidAudience"] = Audience,
        ["Authentication__Schemes__Bearer__SigningKeys__0__Issuer"] = Issuer,
        ["Authentication__Schemes__Bearer__SigningKeys__0__Value"] = Convert.ToBase64String(_key),
    };

    /// <summary>A viewer's token.</summary>
    public static string Of(string userId)
    {
        var now = TimeProvider.System.GetUtcNow();
        return Jwt.WriteHs256(
            new JsonObject
            {
                ["iss"] = Issuer,
                ["aud"] = Audience,
                ["sub"] = userId,
                ["nbf"] = now.AddHours(-1).ToUnixTimeSeconds(),
                ["exp"] = (now + _lifetime).ToUnixTimeSeconds(),
            },
            _key);
    }
}
