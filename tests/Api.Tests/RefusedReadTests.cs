using System.Text;
using System.Text.Json;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>Questions that cannot be answered, and paths that lead nowhere.</summary>
public sealed class RefusedReadTests(RunningService running) : ApiTest(running)
{
    private const string Film = "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11";

    [Theory]
    [InlineData("", "userId")]
    [InlineData("?", "userId")]
    [InlineData($"?contentId={Film}", "userId")]
    [InlineData($"?userId=&contentId={Film}", "userId")]
    [InlineData($"?userId&contentId={Film}", "userId")]
    [InlineData($"?userId=%20&contentId={Film}", "userId")]
    [InlineData($"?userId=a+b&contentId={Film}", "userId")]
    [InlineData($"?userId=%00&contentId={Film}", "userId")]
    [InlineData($"?userId=%FF&contentId={Film}", "userId")]
    [InlineData($"?userId=%ED%A0%80&contentId={Film}", "userId")]
    [InlineData($"?userId=%zz&contentId={Film}", "userId")]
    [InlineData($"?userId=a%2Fb&contentId={Film}", "userId")]
    [InlineData($"?userId=a,b&contentId={Film}", "userId")]
    [InlineData($"?userId=..&contentId={Film}", "userId")]
    [InlineData($"?userId=me&userId=you&contentId={Film}", "userId")]
    [InlineData($"?userId=me&userId=&contentId={Film}", "userId")]
    [InlineData($"?userId=123&userId=0123&contentId={Film}", "userId")]
    [InlineData("?userId=me", "contentId")]
    [InlineData("?userId=me&contentId", "contentId")]
    [InlineData("?userId=me&contentId=", "contentId")]
    [InlineData("?userId=me&contentId=,", "contentId")]
    [InlineData($"?userId=me&contentId={Film},", "contentId")]
    [InlineData($"?userId=me&contentId=,{Film}", "contentId")]
    [InlineData($"?userId=me&contentId={Film},,{Film}", "contentId")]
    [InlineData($"?userId=me&contentId={Film}, {Film}", "contentId")]
    [InlineData($"?userId=me&contentId={Film};{Film}", "contentId")]
    [InlineData($"?userId=me&contentId={Film}&contentId=", "contentId")]
    [InlineData($"?userId=me&contentId={Film}&contentId=x", "contentId")]
    [InlineData($"?userId=me&contentId=%7B{Film}%7D", "contentId")]
    [InlineData("?userId=me&contentId=00000000-0000-0000-0000-000000000000", "contentId")]
    [InlineData("?userId=me&contentId=[]", "contentId")]
    [InlineData($"?userId=me&contentIds={Film}", "contentId")]
    public async Task A_question_names_a_user_and_titles(string query, string field) =>
        await RefusesAsync(400, field, () => GetAsync($"/getWatchStatus{query}"));

    [Theory]
    [InlineData("{}", "userId")]
    [InlineData($$"""{"contentId": "{{Film}}"}""", "userId")]
    [InlineData($$"""{"userId": null, "contentId": "{{Film}}"}""", "userId")]
    [InlineData("""{"userId": "me"}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": null}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": []}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": ""}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": [""]}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": [null]}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": 7}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": {}}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": [7]}""", "contentId")]
    [InlineData("""{"userId": "me", "contentId": true}""", "contentId")]
    [InlineData($$"""{"userId": "me", "contentId": ["{{Film}}", ["{{Film}}"]]}""", "contentId")]
    [InlineData($$"""{"userId": "me", "contentId": ["{{Film}}", {"contentId": "{{Film}}"}]}""", "contentId")]
    [InlineData($$"""{"userId": "me", "contentId": ["{{Film}}", "nothing"]}""", "contentId")]
    [InlineData($$"""{"userId": "me", "contentId": "{{Film}},"}""", "contentId")]
    public async Task A_body_names_a_user_and_titles(string body, string field) =>
        await RefusesAsync(400, field, () => AskAsync(body));

    [Fact]
    public async Task No_more_than_a_hundred_titles_may_be_asked_for_in_any_form()
    {
        var ids = Enumerable.Range(0, 101).Select(_ => $"{Guid.NewGuid()}").ToList();
        var same = Enumerable.Repeat(Film, 101);

        await RefusesAsync(400, "contentId", () => GetAsync($"/getWatchStatus?userId=me&contentId={string.Join(',', ids)}"));
        await RefusesAsync(400, "contentId", () => GetAsync($"/getWatchStatus?userId=me&{string.Join('&', ids.Select(id => $"contentId={id}"))}"));
        await RefusesAsync(400, "contentId", () => GetAsync($"/getWatchStatus?userId=me&contentId={string.Join(',', same)}"));
        await RefusesAsync(400, "contentId", () => AskAsync(JsonSerializer.Serialize(new { userId = "me", contentId = ids })));
        await RefusesAsync(400, "contentId", () => AskAsync(JsonSerializer.Serialize(new { userId = "me", contentId = string.Join(',', ids) })));
    }

    [Theory]
    [InlineData($"?userId=me&contentId={Film}")]
    [InlineData("?userId=me")]
    [InlineData($"?contentId={Film}")]
    public async Task A_question_stands_in_the_query_or_in_the_body(string query)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"userId": "me", "contentId": "{{Film}}"}""");

        await RefusesAsync(400, "body", () => SendAsync(HttpMethod.Get, $"/getWatchStatus{query}", body, "application/json"));
        await RefusesAsync(400, "body", () => SendAsync(HttpMethod.Get, $"/getWatchStatus{query}", body, "application/json", chunked: true));
    }

    [Theory]
    [InlineData("%20")]
    [InlineData("a%20b")]
    [InlineData("a%2Cb")]
    [InlineData("a,b")]
    [InlineData("a%23b")]
    [InlineData("a%3Fb")]
    [InlineData("a%25b")]
    [InlineData("a%5Cb")]
    [InlineData("a%2Fb")]
    [InlineData("..%2F..")]
    [InlineData("%2F")]
    [InlineData("me%2F..%2Fyou")]
    [InlineData("J%C3%BCrgen")]
    [InlineData("%FF")]
    [InlineData("%7F")]
    [InlineData("%01")]
    [InlineData("%0A")]
    [InlineData("%zz")]
    public async Task A_path_names_a_user(string segment)
    {
        var answer = await RawHttp.GetAsync(Service.Http.BaseAddress!, $"/users/{segment}/continue-watching", Token);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains("\"field\":\"userId\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_with_a_long_id_is_refused() =>
        await RefusesAsync(400, "userId", () => GetAsync($"/users/{new string('u', 129)}/continue-watching"));

    [Theory]
    [InlineData("/users/../continue-watching")]
    [InlineData("/users/./continue-watching")]
    [InlineData("/users/%2e%2e/continue-watching")]
    [InlineData("/users/%2E/continue-watching")]
    [InlineData("/users//continue-watching")]
    [InlineData("/users/me/../continue-watching")]
    [InlineData("/users/a/b/continue-watching")]
    [InlineData("/users/me/nothing")]
    public async Task Dots_and_slashes_lead_nowhere(string path)
    {
        var answer = await RawHttp.GetAsync(Service.Http.BaseAddress!, path, Token);

        // What is left of some of them names a user: one that the token is not.
        Assert.Matches("^HTTP/1.1 40[34] ", answer);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_climbs_back_to_ones_own_row_is_ones_own_row()
    {
        var own = await RawHttp.GetAsync(Service.Http.BaseAddress!, "/users/you/../me/continue-watching", Token);
        var other = await RawHttp.GetAsync(Service.Http.BaseAddress!, "/users/me/%2e%2e/you/continue-watching", Token);

        Assert.StartsWith("HTTP/1.1 200 ", own, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403 ", other, StringComparison.Ordinal);
    }

    // What the server itself refuses, below the routes, has no body.
    [Theory]
    [InlineData("/users/%00/continue-watching")]
    [InlineData("/users/a%00b/continue-watching")]
    [InlineData("users/me/continue-watching")]
    public async Task A_path_that_is_none_is_a_bad_request(string path) => Assert.StartsWith(
        "HTTP/1.1 400 ", await RawHttp.GetAsync(Service.Http.BaseAddress!, path, Token), StringComparison.Ordinal);

    [Theory]
    [InlineData("GET", "/updateWatchStatus", "POST, PUT")]
    [InlineData("DELETE", "/updateWatchStatus", "POST, PUT")]
    [InlineData("PATCH", "/updateWatchStatus", "POST, PUT")]
    [InlineData("OPTIONS", "/updateWatchStatus", "POST, PUT")]
    [InlineData("PUT", "/getWatchStatus", "GET")]
    [InlineData("POST", "/getWatchStatus", "GET")]
    [InlineData("DELETE", "/getWatchStatus", "GET")]
    [InlineData("PUT", "/users/me/continue-watching", "GET")]
    [InlineData("DELETE", "/users/me/continue-watching", "GET")]
    [InlineData("QUERY", "/users/me/continue-watching", "GET")]
    public async Task Another_method_is_not_allowed(string method, string path, string allowed)
    {
        Answer? answer = null;

        await RefusesAsync(405, null, async () => answer = await Service.SendAsync(new HttpMethod(method), path, Token));

        Assert.Equal(allowed, string.Join(", ", answer!.Allow.Order()));
    }

    // A stranger is asked for a token before being told what there is.
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/users")]
    [InlineData("PUT", "/updateWatchStatus/1")]
    [InlineData("GET", "/dev/token")]
    [InlineData("POST", "/dev/token")]
    [InlineData("GET", "/health")]
    public async Task What_is_not_there_is_not_found_with_a_token_and_not_told_without(string method, string path)
    {
        await RefusesAsync(404, null, () => Service.SendAsync(HttpMethod.Parse(method), path, Token));
        await RefusesAsync(401, null, () => Service.SendAsync(HttpMethod.Parse(method), path));
    }

    [Theory]
    [InlineData("/updateWatchStatus")]
    [InlineData("/getWatchStatus?userId=me&contentId=" + Film)]
    public async Task A_refusal_is_a_problem_whatever_the_client_says_it_accepts(string path)
    {
        foreach (var accept in new[] { "text/html", "application/json", "image/*", "application/problem+json", "*/*", "application/xml;q=0.9" })
        {
            foreach (var (token, status) in new[] { ((string?)null, 401), (Token, 405) })
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, path);
                request.Headers.TryAddWithoutValidation("Accept", accept);
                if (token is not null)
                    request.Headers.Authorization = new("Bearer", token);
                await RefusesAsync(status, null, () => Service.SendAsync(request));
            }
        }
    }
}
