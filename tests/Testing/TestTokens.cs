using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace ContinueWatching.Testing;

/// <summary>A token issuer of a test's own, with a random key.</summary>
public sealed class TestTokens
{
    public const string Issuer = "https://sign-in.test";
    public const string Audience = "continue-watching-test";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>The configuration under which a service takes these tokens, as <c>Key=Value</c>.</summary>
    public IEnumerable<string> Configuration =>
    [
        $"Authentication:Schemes:Bearer:ValidIssuer={Issuer}",
        $"Authentication:Schemes:Bearer:ValidAudience={Audience}",
        $"Authentication:Schemes:Bearer:SigningKeys:0:Issuer={Issuer}",
        $"Authentication:Schemes:Bearer:SigningKeys:0:Value={Convert.ToBase64String(_key)}",
    ];

    /// <summary>What a good token says; null is nobody.</summary>
    public static JsonObject Claims(string? user)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject { ["iss"] = Issuer, ["aud"] = Audience, ["nbf"] = now - 7200, ["exp"] = now + 600 };
        if (user is not null)
            claims["sub"] = user;
        return claims;
    }

    /// <summary>A user's token.</summary>
    public string Of(string? user, params (string Name, JsonNode Value)[] more)
    {
        var claims = Claims(user);
        foreach (var (name, value) in more)
            claims[name] = value;
        return Sign(claims);
    }

    /// <summary>The token of an internal service that may act for any user.</summary>
    public string OfService() => Of("a-service", ("scope", "continue-watching.service"));

    /// <summary>The token of an internal service that writes the catalogue.</summary>
    public string OfCatalogue() => Of("a-catalogue", ("scope", "continue-watching.catalog"));

    public string Sign(JsonObject claims) => Jwt.WriteHs256(claims, _key);
}
