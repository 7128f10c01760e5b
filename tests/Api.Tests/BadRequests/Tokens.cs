using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>Whom a token lets act.</summary>
internal enum Bearer
{
    /// <summary>Nobody: every route that wants a token refuses.</summary>
    Nobody,

    /// <summary>Somebody who is no user, or not surely one.</summary>
    Nameless,

    Attacker,
    Service,
    Catalogue,
}

/// <summary>The header of a token.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Header">The header lines, each with its end.</param>
/// <param name="Bearer">Whom it lets act.</param>
internal sealed record TokenHeader(string Name, string Header, Bearer Bearer)
{
    private const string ServiceScope = "continue-watching.service";

    public override string ToString() => Name;

    /// <summary>The three that are good: the attacker's own, a service's and the catalogue's.</summary>
    public static TokenHeader[] Good(TestTokens tokens) =>
    [
        Of("the attacker's", tokens.Of(Ids.Attacker), Bearer.Attacker),
        Of("a service's", tokens.OfService(), Bearer.Service),
        Of("the catalogue's", tokens.OfCatalogue(), Bearer.Catalogue),
    ];

    public static IEnumerable<TokenHeader> Bad(TestTokens tokens) => [.. BadHeaders(tokens), .. BadTokens(tokens), .. OddUsers(tokens), .. OddScopes(tokens)];

    private static IEnumerable<TokenHeader> BadHeaders(TestTokens tokens)
    {
        var good = tokens.Of(Ids.Attacker);
        yield return new("none", "", Bearer.Nobody);
        foreach (var value in new[]
        {
            "", "Bearer", "Bearer ", "Bearer garbage", "Bearer a.b.c", "Bearer ..", "Bearer ....",
            "Bearer eyJhbGciOiJIUzI1NiJ9.e30.", "Bearer null", "Bearer {}", "Bearer \u00E9\u00FF",
            $"Bearer {new string('a', 20_000)}",
            $"Bearer {new string('.', 5_000)}", $"Bearer {new string('e', 10_000)}.{new string('y', 5_000)}.a",
            "Basic bWFsbG9yeTpzZWNyZXQ=", "Negotiate YII=", $"Digest {good}", good, $"Bearer Bearer {good}",
            $"Bearer {good[..^5]}",
            $"Bearer {good}x", $"Bearer {good}.{good}", $"Bearer \"{good}\"", $"Bearer {good}, Bearer {good}", $"Bearer{good}",
            $"Bearer\t{good}", $"Token {good}", $"Bearer {good.Replace('.', ',')}",
        })
        {
            yield return new($"\"{(value.Length > 60 ? value[..60] : value)}\"", $"Authorization: {value}\r\n", Bearer.Nobody);
        }

        yield return new("in lower case", $"authorization: bearer {good}\r\n", Bearer.Attacker);
        yield return new("twice", $"Authorization: Bearer {good}\r\nAuthorization: Bearer {good}\r\n", Bearer.Nobody);
        yield return new("beside another", $"Authorization: Basic eA==\r\nAuthorization: Bearer {good}\r\n", Bearer.Nobody);
        yield return new("in other headers", $"X-Authorization: Bearer {good}\r\nProxy-Authorization: Bearer {good}\r\nCookie: access_token={good}\r\n", Bearer.Nobody);
    }

    private static IEnumerable<TokenHeader> BadTokens(TestTokens tokens)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        (string Name, string? Json)[] claims =
        [
            ("exp", $"{now - 3600}"), ("exp", null), ("exp", "\"tomorrow\""), ("exp", "-1"), ("exp", "1e300"), ("exp", "[]"),
            ("exp", "{}"), ("exp", "0"), ("exp", "true"), ("exp", "-9223372036854775808"),
            ("nbf", $"{now + 3600}"), ("nbf", "99999999999999"), ("iss", "\"https://somebody.test\""), ("iss", null),
            ("iss", "[]"), ("iss", "{}"), ("iss", "5"),
            ("aud", "\"another\""), ("aud", null), ("aud", "[]"), ("aud", "{}"), ("aud", "[[]]"), ("aud", "5"), ("aud", "[null]"),
        ];
        foreach (var (claim, json) in claims)
            yield return Of($"{claim}: {json ?? "absent"}", tokens.Sign(With(claim, json)), Bearer.Nobody);
        var payload = TestTokens.Claims(Ids.Victim);
        yield return Of("another key's", Jwt.WriteHs256(payload, RandomNumberGenerator.GetBytes(32)), Bearer.Nobody);
        yield return Of("an empty key's", Jwt.WriteHs256(payload, []), Bearer.Nobody);
        string[] heads =
        [
            """{"alg":"none"}""", """{"alg":"None","typ":"JWT"}""", """{"alg":""}""", """{"alg":5}""", """{"alg":null}""",
            """{"alg":["HS256"]}""", """{"alg":{}}""", "{}", """{"alg":"RS256"}""", """{"alg":"HS257"}""", """{"alg":"HS512"}""",
            """{"alg":"HS256","kid":[]}""", """{"alg":"HS256","kid":"../../etc/passwd"}""", """{"alg":"HS256","crit":["exp"]}""",
            """{"alg":"HS256","zip":"DEF"}""", """{"alg":"dir","enc":"A128CBC-HS256"}""",
            """{"alg":"HS256","typ":5}""", """{"alg":"HS256","cty":"JWT"}""", """{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}""",
            """{"alg":"HS256","jku":"http://127.0.0.1:1/"}""", """{"alg":"HS256","x5c":[]}""",
        ];
        foreach (var head in heads)
            yield return Of(head, Jwt.Write((JsonObject)JsonNode.Parse(head)!, TestTokens.Claims(Ids.Victim), _ => []), Bearer.Nobody);
        var five = Jwt.Write((JsonObject)JsonNode.Parse("""{"alg":"dir","enc":"A128GCM"}""")!, TestTokens.Claims(Ids.Victim), _ => []);
        yield return Of("of five parts", $"{five}.AAAA.AAAA", Bearer.Nobody);
    }

    // "me" and the like never become a user; a number does.
    private static IEnumerable<TokenHeader> OddUsers(TestTokens tokens)
    {
        string?[] users =
        [
            null, "\"\"", "\" \"", "\"me\"", "\".\"", "\"..\"", "\"a/b\"", $"\"{Ids.Victim}/\"",
            $"\" {Ids.Victim}\"", $"\"{Ids.Victim}\\u0000\"", $"\"{Ids.Victim.ToUpperInvariant()}\"", $"\"{Ids.Victim},\"",
            "\"\\u0000\"", "\"é\"", "\"😀\"", $"\"{new string('x', 129)}\"", $"\"{new string('x', 9_000)}\"",
            "null", "5", "-1", "1e3", "1.5", "true", "{}", $"{{\"sub\": \"{Ids.Victim}\"}}", "[]", "[[]]", "[\"a,b\", 1]",
            "123456789012345678901234567890", "1e999",
        ];
        foreach (var user in users)
        {
            var claims = TestTokens.Claims(null);
            if (user is not null)
                claims["sub"] = JsonNode.Parse(user);
            yield return Of($"sub: {(user?.Length > 60 ? user[..60] : user ?? "absent")}", tokens.Sign(claims), Bearer.Nameless);
        }

        foreach (var device in new[] { "\"a b\"", "\"é\"", $"\"{new string('x', 65)}\"", "5", "{}", "[]", "null", "\"\"", "[\"\", \"tv\"]", "true" })
            yield return Of($"device_id: {(device.Length > 60 ? device[..60] : device)}", tokens.Sign(With("device_id", device)), Bearer.Attacker);
        yield return Of("of very many claims", tokens.Sign(With("roles", $"[{string.Join(',', Enumerable.Range(0, 1_000))}]")), Bearer.Attacker);
        yield return Of("deep", tokens.Sign(With("deep", new string('[', 50) + new string(']', 50))), Bearer.Attacker);
    }

    private static IEnumerable<TokenHeader> OddScopes(TestTokens tokens)
    {
        string[] scopes =
        [
            "5", "true", "null", "{}", "[]", "\"\"", $"{{\"{ServiceScope}\": true}}", $"\"{ServiceScope.ToUpperInvariant()}\"",
            $"\"{ServiceScope}s\"", $"\"{ServiceScope},\"", $"\"\\t{ServiceScope}\"", $"[[\"{ServiceScope}\"]]",
            "\"continue-watching\"", "\"admin *\"",
        ];
        foreach (var name in new[] { "scope", "scp", "scopes", "role" })
        {
            foreach (var scope in scopes)
                yield return Of($"{name}: {scope}", tokens.Sign(With(name, scope)), Bearer.Attacker);
        }
    }

    private static JsonObject With(string claim, string? json)
    {
        var claims = TestTokens.Claims(Ids.Attacker);
        claims.Remove(claim);
        if (json is not null)
            claims[claim] = JsonNode.Parse(json);
        return claims;
    }

    private static TokenHeader Of(string name, string token, Bearer bearer) => new(name, $"Authorization: Bearer {token}\r\n", bearer);
}
