using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>For whom a good token may act, and whose report on which screen it is.</summary>
public sealed class IdentityTests(RunningService running) : ApiTest(running)
{
    [Theory]
    [InlineData("0")]
    [InlineData("7")]
    [InlineData("1234567890123456789")]
    [InlineData("9999999999999999999")]
    public async Task A_user_is_the_same_as_a_number_and_as_a_string(string number)
    {
        var token = Tokens.Of(number);

        Assert.Equal(200, (await PutAsync(Report.With("userId", number), token)).Status);
        var answer = await AskAsync($$"""{"userId": "{{number}}", "contentId": "{{Title}}"}""", token);
        var same = await AskAsync($$"""{"userId": {{number}}, "contentId": "{{Title}}"}""", token);

        Assert.Equal(100, answer.Json[0].GetProperty("resumeFrom").GetDouble());
        Assert.Equal(answer.Text, same.Text);
        Assert.Equal(answer.Text, (await GetAsync($"/getWatchStatus?userId={number}&contentId={Title}", token)).Text);
    }

    [Fact]
    public async Task Numbers_with_leading_zeros_and_capitals_are_other_users()
    {
        var service = Tokens.OfService();
        await PutAsync(Report.With("userId", "123"), service);
        await PutAsync(Report.With("userId", "\"cafe\""), service);

        Assert.NotNull(await PlaceAsync(user: "123"));
        Assert.Null(await PlaceAsync(user: "0123"));
        Assert.Null(await PlaceAsync(user: "CAFE"));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("~!$&'()*+;=:@[]{}|^`<>\\\"")]
    [InlineData("auth0|5f7c8ec7c33c6c004bbafe82")]
    [InlineData("...")]
    [InlineData("Me")]
    [InlineData("someone@example.com")]
    public async Task Every_id_that_is_allowed_works_in_every_route(string id)
    {
        // Backslashes are no part of ids: they only escape the quote here.
        id = id.Replace("\\", "", StringComparison.Ordinal);
        var token = Tokens.Of(id);
        var escaped = Uri.EscapeDataString(id);

        Assert.Equal(200, (await PutAsync(Report.With("userId", System.Text.Json.JsonSerializer.Serialize(id)), token)).Status);
        Assert.Single((await GetAsync($"/getWatchStatus?userId={escaped}&contentId={Title}", token)).Json.EnumerateArray());
        Assert.Equal(200, (await GetAsync($"/users/{escaped}/continue-watching", token)).Status);
    }

    [Fact]
    public async Task An_id_may_have_128_characters() =>
        Assert.Equal(200, (await PutAsync(Report.With("userId", $"\"{new string('u', 128)}\""), Tokens.Of(new string('u', 128)))).Status);

    public static TheoryData<string> ServiceScopes => new()
    {
        """{"scope": "continue-watching.service"}""",
        """{"scope": "openid continue-watching.service profile"}""",
        """{"scp": ["openid", "continue-watching.service"]}""",
        """{"scp": "continue-watching.service"}""",
        """{"scp": "openid continue-watching.service"}""",
        """{"scope": "openid", "scp": ["continue-watching.service"]}""",
    };

    [Theory]
    [MemberData(nameof(ServiceScopes))]
    public async Task A_service_may_act_for_any_user(string claims)
    {
        var token = TokenWith("a-service", claims);

        Assert.Equal(200, (await PutAsync(Report, token)).Status);
        Assert.Equal(200, (await GetAsync($"/getWatchStatus?userId={User}&contentId={Title}", token)).Status);
        Assert.Equal(200, (await GetAsync($"/users/{User}/continue-watching", token)).Status);
    }

    [Fact]
    public async Task A_service_needs_no_subject() =>
        Assert.Equal(200, (await PutAsync(Report, TokenWith(null, """{"scope": "continue-watching.service"}"""))).Status);

    [Theory]
    [InlineData("""{"scope": "continue-watching.services"}""")]
    [InlineData("""{"scope": "x-continue-watching.service"}""")]
    [InlineData("""{"scope": "continue-watching"}""")]
    [InlineData("""{"scope": "Continue-Watching.Service"}""")]
    [InlineData("""{"scope": "continue-watching.service,openid"}""")]
    [InlineData("""{"scope": "continue-watching.catalog continue-watching.admin"}""")]
    [InlineData("""{"scp": ["continue-watching.services", "continue-watching"]}""")]
    [InlineData("""{"SCOPE": "continue-watching.service"}""")]
    [InlineData("""{"scopes": "continue-watching.service"}""")]
    [InlineData("""{"roles": ["continue-watching.service"]}""")]
    [InlineData("""{"scope": ""}""")]
    [InlineData("""{"scope": {"continue-watching.service": true}}""")]
    public async Task Scopes_are_matched_exactly(string claims) =>
        await RefusesAsync(403, null, () => PutAsync(Report, TokenWith("somebody-else", claims)));

    [Fact]
    public async Task A_service_has_no_me()
    {
        var token = Tokens.OfService();

        await RefusesAsync(403, null, () => PutAsync(Report.With("userId", "\"me\""), token));
        await RefusesAsync(403, null, () => GetAsync($"/getWatchStatus?userId=me&contentId={Title}", token));
        await RefusesAsync(403, null, () => AskAsync($$"""{"userId": "me", "contentId": "{{Title}}"}""", token));
        await RefusesAsync(403, null, () => GetAsync("/users/me/continue-watching", token));
    }

    // The token's user, and how another one is named in JSON.
    [Theory]
    [InlineData("123", "124")]
    [InlineData("123", "\"0123\"")]
    [InlineData("0123", "123")]
    [InlineData("1", "\"1.0\"")]
    [InlineData("viewer", "\"Viewer\"")]
    [InlineData("viewer", "\"VIEWER\"")]
    [InlineData("viewer", "\"viewer2\"")]
    [InlineData("viewer", @"""view\u0065rs""")]
    [InlineData("viewer", "\"ME\"")]
    [InlineData("b7c1f1e0-5d6a-4f3c-9e55-1f9fb7a3c001", "\"B7C1F1E0-5D6A-4F3C-9E55-1F9FB7A3C001\"")]
    [InlineData("b7c1f1e0-5d6a-4f3c-9e55-1f9fb7a3c001", "\"b7c1f1e05d6a4f3c9e551f9fb7a3c001\"")]
    public async Task Another_users_id_is_refused_in_a_body(string own, string other)
    {
        var token = Tokens.Of(own);

        await RefusesAsync(403, null, () => PutAsync(Report.With("userId", other), token));
        await RefusesAsync(403, null, () => AskAsync($$"""{"userId": {{other}}, "contentId": "{{Title}}"}""", token));
    }

    [Theory]
    [InlineData("123", "124")]
    [InlineData("123", "0123")]
    [InlineData("0123", "123")]
    [InlineData("viewer", "Viewer")]
    [InlineData("viewer", "%56iewer")]
    [InlineData("viewer", "viewer2")]
    [InlineData("viewer", "%76iewer%32")]
    [InlineData("viewer", "ME")]
    public async Task Another_users_id_is_refused_in_a_url(string own, string other)
    {
        var token = Tokens.Of(own);

        await RefusesAsync(403, null, () => GetAsync($"/getWatchStatus?userId={other}&contentId={Title}", token));
        await RefusesAsync(403, null, () => GetAsync($"/getWatchStatus?userId={other}&userId={other}&contentId={Title}", token));
        await RefusesAsync(403, null, () => GetAsync($"/users/{other}/continue-watching", token));
    }

    [Fact]
    public async Task Ones_own_id_may_be_percent_encoded()
    {
        var token = Tokens.Of("viewer");

        Assert.Equal(200, (await GetAsync($"/getWatchStatus?userId=%76iewer&contentId={Title}", token)).Status);
        Assert.Equal(200, (await GetAsync("/users/%76iewer/continue-watching", token)).Status);
        Assert.Equal(200, (await GetAsync("/users/%6de/continue-watching", token)).Status);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"sub": ""}""")]
    [InlineData("""{"sub": null}""")]
    [InlineData("""{"sub": "me"}""")]
    [InlineData("""{"sub": ".."}""")]
    [InlineData("""{"sub": "a b"}""")]
    [InlineData("""{"sub": "a/b"}""")]
    [InlineData("""{"sub": "a,b"}""")]
    [InlineData("""{"sub": "J\u00fcrgen"}""")]
    [InlineData("""{"SUB": "viewer"}""")]
    [InlineData("""{"user_id": "viewer"}""")]
    [InlineData("LONG")]
    public async Task A_token_without_a_usable_subject_is_nobodys(string claims)
    {
        var token = TokenWith(null, claims == "LONG" ? $$"""{"sub": "{{new string('u', 129)}}"}""" : claims);

        await RefusesAsync(403, null, () => PutAsync(Report.With("userId", "\"me\""), token));
        await RefusesAsync(403, null, () => PutAsync(Report.With("userId", "\"viewer\""), token));
        await RefusesAsync(403, null, () => GetAsync($"/getWatchStatus?userId=me&contentId={Title}", token));
        await RefusesAsync(403, null, () => GetAsync("/users/me/continue-watching", token));
    }

    [Fact]
    public async Task A_claim_that_is_spelled_like_the_users_in_other_capitals_is_another_claim()
    {
        var token = TokenWith(null, $$"""{"SUB": "a-stranger", "Device_Id": "strange", "sub": "{{User}}", "device_id": "tv"}""");

        await RefusesAsync(403, null, () => PutAsync(Report.With("userId", "\"a-stranger\""), token));
        var answer = await PutAsync(Report.With("userId", "\"me\""), token);

        Assert.Equal("tv", answer.Json.GetProperty("deviceId").GetString());
        Assert.NotNull(await PlaceAsync());
    }

    [Theory]
    [InlineData(null, """{}""", "")]
    [InlineData("\"tv\"", """{"device_id": "phone", "sid": "session"}""", "tv")]
    [InlineData("null", """{"device_id": "phone", "sid": "session"}""", "phone")]
    [InlineData(null, """{"sid": "session", "device_id": "phone"}""", "phone")]
    [InlineData(null, """{"sid": "session"}""", "session")]
    [InlineData(null, """{"device_id": "", "sid": "session"}""", "session")]
    [InlineData(null, """{"device_id": ""}""", "")]
    [InlineData("\"tv\"", """{"device_id": "no device at all"}""", "tv")]
    public async Task The_screen_is_the_reports_else_the_tokens_else_none(string? deviceId, string claims, string expected)
    {
        var answer = await PutAsync(deviceId is null ? Report : Report.With("deviceId", deviceId), TokenWith(User, claims));

        Assert.Equal(200, answer.Status);
        Assert.Equal(expected, await StoredAsync("device_id"));
        Assert.Equal(expected, answer.Json.TryGetProperty("deviceId", out var told) ? told.GetString() : "");
    }

    [Fact]
    public async Task A_token_whose_device_cannot_be_one_is_told_so() =>
        await RefusesAsync(400, "deviceId", () => PutAsync(Report, TokenWith(User, """{"device_id": "no device at all"}""")));

    private string TokenWith(string? user, string claims)
    {
        var all = TestTokens.Claims(user);
        foreach (var (name, value) in JsonNode.Parse(claims)!.AsObject())
            all[name] = value?.DeepClone();
        return Tokens.Sign(all);
    }
}
