using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>Which tokens open the door.</summary>
public sealed class TokenTests(RunningService running) : ApiTest(running)
{
    [Theory]
    [InlineData("exp", -3600)]
    [InlineData("exp", -31)]
    [InlineData("nbf", 31)]
    [InlineData("nbf", 3600)]
    public async Task A_token_is_good_in_its_time_only(string claim, int seconds) =>
        await RefusesAsync(claims => claims[claim] = Seconds(seconds));

    [Theory]
    [InlineData("exp", -20)]
    [InlineData("nbf", 20)]
    public async Task Half_a_minute_is_granted_to_clocks(string claim, int seconds)
    {
        var claims = TestTokens.Claims(User);
        claims[claim] = Seconds(seconds);

        Assert.Equal(200, (await PutAsync(Report, Tokens.Sign(claims))).Status);
    }

    [Theory]
    [InlineData("iss", "\"https://somebody.test\"")]
    [InlineData("iss", "\"\"")]
    [InlineData("iss", null)]
    [InlineData("aud", "\"another-service\"")]
    [InlineData("aud", "[\"another-service\"]")]
    [InlineData("aud", "\"Continue-Watching-Test\"")]
    [InlineData("aud", "\"\"")]
    [InlineData("aud", "[]")]
    [InlineData("aud", null)]
    [InlineData("exp", null)]
    [InlineData("exp", "\"tomorrow\"")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e300")]
    public async Task A_token_of_another_issuer_for_another_service_or_for_ever_is_none(string claim, string? json) =>
        await RefusesAsync(claims =>
        {
            claims.Remove(claim);
            if (json is not null)
                claims[claim] = JsonNode.Parse(json);
        });

    [Fact]
    public async Task A_token_that_is_meant_for_this_service_among_others_is_good()
    {
        var claims = TestTokens.Claims(User);
        claims["aud"] = new JsonArray("another-service", TestTokens.Audience);

        Assert.Equal(200, (await PutAsync(Report, Tokens.Sign(claims))).Status);
    }

    [Fact]
    public async Task A_token_signed_with_another_key_is_none() =>
        await RefusesAsync(Jwt.WriteHs256(TestTokens.Claims(User), RandomNumberGenerator.GetBytes(32)));

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("")]
    [InlineData("RS256")]
    [InlineData("HS257")]
    public async Task An_unsigned_token_is_none(string algorithm) => await RefusesAsync(
        Jwt.Write(new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" }, TestTokens.Claims(User), _ => []));

    [Fact]
    public async Task A_token_without_its_signature_is_none() => await RefusesAsync(Token[..(Token.LastIndexOf('.') + 1)]);

    [Fact]
    public async Task A_token_with_another_users_name_put_in_is_none()
    {
        var parts = Token.Split('.');
        var forged = Jwt.WriteHs256(TestTokens.Claims("somebody-else"), []).Split('.');

        await RefusesAsync($"{parts[0]}.{forged[1]}.{parts[2]}");
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer garbage")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer ..")]
    [InlineData("Bearer eyJhbGciOiJIUzI1NiJ9.e30.")]
    [InlineData("Basic dXNlcjpwYXNzd29yZA==")]
    [InlineData("Bearer null")]
    [InlineData("Bearer {}")]
    [InlineData("Bearer \"quoted\"")]
    [InlineData(null)]
    public async Task What_is_no_token_opens_nothing(string? header)
    {
        foreach (var (method, path) in Routes())
        {
            using var request = new HttpRequestMessage(method, path) { Content = new StringContent($"{Report}") };
            if (header is not null)
                request.Headers.TryAddWithoutValidation("Authorization", header);
            await RefusesAsync(() => Service.SendAsync(request));
        }
    }

    [Fact]
    public async Task A_token_belongs_in_the_header() => await RefusesAsync(
        () => Service.GetAsync($"/getWatchStatus?userId=me&contentId={Title}&access_token={Token}"));

    private async Task RefusesAsync(Action<JsonObject> spoil)
    {
        var claims = TestTokens.Claims(User);
        spoil(claims);
        await RefusesAsync(Tokens.Sign(claims));
    }

    private async Task RefusesAsync(string token)
    {
        await RefusesAsync(() => PutAsync(Report, token));
        await RefusesAsync(() => GetAsync($"/getWatchStatus?userId=me&contentId={Title}", token));
        await RefusesAsync(() => GetAsync("/users/me/continue-watching", token));
    }

    private async Task RefusesAsync(Func<Task<Answer>> send)
    {
        Answer? answer = null;
        await RefusesAsync(401, null, async () => answer = await send());
        Assert.StartsWith("Bearer", answer!.Header("WWW-Authenticate"), StringComparison.Ordinal);
    }

    private IEnumerable<(HttpMethod Method, string Path)> Routes() =>
    [
        (HttpMethod.Put, "/updateWatchStatus"),
        (HttpMethod.Post, "/updateWatchStatus"),
        (HttpMethod.Get, $"/getWatchStatus?userId=me&contentId={Title}"),
        (HttpMethod.Get, "/users/me/continue-watching"),
    ];

    private static long Seconds(int fromNow) => Now.AddSeconds(fromNow).ToUnixTimeSeconds();
}
