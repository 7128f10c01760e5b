using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Routing;

namespace ContinueWatching.Api.Tests;

/// <summary>The description of the routes: whole, true, and to be had without a token.</summary>
public sealed partial class ReferenceTests(RunningService running) : ApiTest(running)
{
    private const string Document = "/openapi/v1.json";

    private ApiDescription _api = null!;

    public override async Task InitializeAsync()
    {
        var answer = await Service.GetAsync(Document);
        Assert.Equal((200, "application/json"), (answer.Status, answer.ContentType));
        _api = new ApiDescription(JsonNode.Parse(answer.Text)!);
    }

    [Fact]
    public void It_describes_just_the_routes_that_there_are()
    {
        var routes = from route in Service.Routes
                     let path = $"/{route.RoutePattern.RawText!.TrimStart('/')}"
                     where !path.StartsWith("/docs", StringComparison.Ordinal) && path != Document
                     from method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
                     select $"{method} {path}";

        Assert.Equal(routes.Order(), _api.Operations.Select(operation => $"{operation}").Order());
    }

    [Fact]
    public void Every_route_says_what_it_does()
    {
        var tags = _api.Root["tags"]!.AsArray().ToDictionary(tag => (string)tag!["name"]!, tag => (string?)tag!["description"]);

        AssertEach(operation =>
        [
            (operation.Text("summary") is { Length: > 3 }, "has no summary"),
            (operation.Text("description") is { Length: > 20 }, "has no description"),
            (CamelCase().IsMatch(operation.Text("operationId") ?? ""), "has no operationId in camelCase"),
            (_api.Operations.Count(other => other.Text("operationId") == operation.Text("operationId")) == 1, "has another's operationId"),
            (operation.Node["tags"] is JsonArray { Count: 1 } tag && tags.GetValueOrDefault($"{tag[0]}") is { Length: > 0 }, "has no tag that is described"),
            .. operation.Parameters.Select(parameter => (
                parameter["description"] is not null && parameter["schema"] is not null && parameter["example"] is not null,
                $"does not say what the parameter {parameter["name"]} is")),
        ]);
    }

    [Fact]
    public void Every_route_says_whom_it_answers_and_what()
    {
        AssertEach(operation =>
        [
            (operation.Node["security"] is not null, "does not say who may call it"),
            (operation.IsOpen == IsOpen(operation), "is wrong about needing a token"),
            (operation.Responses.Any(response => response.Status / 100 == 2), "has no answer of success"),
            .. operation.Responses.Where(response => response.Status is not (204 or 304)).Select(response => (
                _api.Resolve(response.Response)["content"]?.AsObject() is { Count: > 0 } content
                    && content.All(media => media.Value!["schema"] is not null && media.Value["example"] is not null),
                $"does not show its {response.Status}")),
        ]);

        static bool IsOpen(Operation operation) => operation.Path.StartsWith("/health/", StringComparison.Ordinal);
    }

    [Fact]
    public void Every_route_says_how_it_refuses()
    {
        AssertEach(operation =>
        [
            .. Refusals(operation).Select(status => (
                _api.Response(operation, status)?["content"]?["application/problem+json"] is not null, $"does not say that it may answer {status}")),
            .. new[] { 429, 503 }.Where(status => !operation.IsOpen).Select(status => (
                _api.Response(operation, status)?["headers"]?["Retry-After"] is not null, $"has no Retry-After with its {status}")),
        ]);

        static IEnumerable<int> Refusals(Operation operation) =>
        [
            .. operation.IsOpen ? (int[])[] : [401, 429, 500, 503],
            .. operation.Parameters.Any() || operation.Node["requestBody"] is not null ? (int[])[400] : [],
            .. operation.Path.Contains("{userId}", StringComparison.Ordinal) ? (int[])[403] : [],
            .. operation.Node["requestBody"] is not null ? (int[])[413, 415] : [],
        ];
    }

    [Fact]
    public void Every_member_says_what_it_is() => Assert.Empty(
        from schema in _api.Root["components"]!["schemas"]!.AsObject()
        from member in schema.Value!["properties"]?.AsObject() ?? []
        where member.Value!["description"] is null || !member.Value.AsObject().Any(word => word.Key is "type" or "$ref" or "oneOf")
        select $"{schema.Key}.{member.Key}");

    [Fact]
    public void Every_example_is_what_it_is_an_example_of()
    {
        var contents =
            from operation in _api.Operations
            let body = (Of: "body", Node: operation.Node["requestBody"])
            from part in operation.Responses.Select(response => (Of: $"{response.Status}", Node: (JsonNode?)_api.Resolve(response.Response))).Append(body)
            from media in part.Node?["content"]?.AsObject() ?? []
            select (Of: $"{operation} {part.Of}", Shown: media.Value!);
        var parameters =
            from operation in _api.Operations
            from parameter in operation.Parameters
            select (Of: $"{operation} {parameter["name"]}", Shown: parameter);

        var examples = contents.Concat(parameters).ToList();

        Assert.True(examples.Count > 200, $"{examples.Count} examples are too few: they were not found.");
        Assert.Empty(examples.SelectMany(example =>
            _api.FindFaults(example.Shown["schema"]!, example.Shown["example"]).Select(fault => $"{example.Of}: {fault}")));
    }

    [Theory]
    [InlineData("""{"contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "addedAt": "2026-01-28T09:12:44Z"}""", true)]
    [InlineData("""{"contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11"}""", false)]
    [InlineData("""{"contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "addedAt": null}""", false)]
    [InlineData("""{"contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "addedAt": "yesterday"}""", false)]
    [InlineData("""{"contentId": "film", "addedAt": "2026-01-28T09:12:44Z"}""", false)]
    [InlineData("""{"contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "addedAt": "2026-01-28T09:12:44Z", "status": null}""", false)]
    [InlineData("""{"contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "addedAt": "2026-01-28T09:12:44Z", "more": 1}""", false)]
    public void What_is_not_as_it_says_is_found(string entry, bool isGood) => Assert.Equal(
        isGood, _api.FindFaults(JsonNode.Parse("""{"$ref": "#/components/schemas/WatchlistItem"}""")!, JsonNode.Parse(entry)).Count == 0);

    [Fact]
    public async Task What_players_are_answered_is_what_it_says()
    {
        await AssertSaysAsync(200, "PUT", "/updateWatchStatus", content: $"{Report.With("duration", "5400").With("deviceId", "\"tv\"")}");
        await AssertSaysAsync(200, "POST", "/updateWatchStatus", content: $"{Report.With("resumeFrom", "0")}");
        await AssertSaysAsync(200, "POST", "/updateWatchStatus", content: $"{Report.With("contentId", $"\"{Guid.NewGuid()}\"").With("resumeFrom", "0")}");
        await AssertSaysAsync(200, "GET", "/getWatchStatus", $"?userId={User}&contentId={Title}");
        await AssertSaysAsync(200, "POST", "/users/{userId}/reports", content: $$"""
            {"sentAt": "{{Iso(Now)}}", "reports": [
              {"contentId": "{{Title}}", "resumeFrom": 200, "deviceId": "phone", "watchedAt": "{{Iso(Now.AddMinutes(-1))}}"},
              {"contentId": "{{Title}}", "resumeFrom": -1, "watchedAt": "{{Iso(Now)}}"}, {}]}
            """);
        await AssertSaysAsync(400, "PUT", "/updateWatchStatus", content: $"{Report.With("resumeFrom", "-1")}");
        await AssertSaysAsync(401, "PUT", "/updateWatchStatus", token: "", content: $"{Report}");
        await AssertSaysAsync(403, "GET", "/getWatchStatus", $"?userId=somebody-else&contentId={Title}");
        await AssertSaysAsync(413, "PUT", "/updateWatchStatus", content: new string(' ', 16 * 1024 + 1));
        await AssertSaysAsync(415, "PUT", "/updateWatchStatus", content: "x", contentType: "text/plain");
    }

    [Fact]
    public async Task What_apps_are_answered_is_what_it_says()
    {
        await PutAsync(Report.With("duration", "5400").With("deviceId", "\"tv\""));
        await PutAsync(Report.With("resumeFrom", "200").With("deviceId", "\"phone\""));

        await AssertSaysAsync(200, "GET", "/users/{userId}/continue-watching");
        await AssertSaysAsync(200, "GET", "/users/{userId}/continue-watching/why/{contentId}");
        await AssertSaysAsync(204, "DELETE", "/users/{userId}/continue-watching/{contentId}");
        await AssertSaysAsync(204, "POST", "/users/{userId}/continue-watching/{contentId}/restore");
        await AssertSaysAsync(200, "PUT", "/users/{userId}/watched/{contentId}");
        await AssertSaysAsync(204, "PUT", "/users/{userId}/watchlist/{contentId}");
        await AssertSaysAsync(200, "GET", "/users/{userId}/watchlist");
        await AssertSaysAsync(200, "GET", "/users/{userId}/history", "?limit=1");
        await AssertSaysAsync(400, "GET", "/users/{userId}/history", "?limit=0");
        await AssertSaysAsync(200, "GET", "/users/{userId}");
        await AssertSaysAsync(200, "PATCH", "/users/{userId}", content: """{"historyPaused": false}""");
        await AssertSaysAsync(200, "GET", "/users/{userId}/export");
        await AssertSaysAsync(200, "PUT", "/users/{userId}/import", content: "[]");
        await AssertSaysAsync(400, "DELETE", "/users/{userId}");
        await AssertSaysAsync(200, "DELETE", "/users/{userId}", $"?confirm={User}");
    }

    [Fact]
    public async Task What_the_catalogue_answers_is_what_it_says()
    {
        await AssertSaysAsync(403, "PUT", "/titles/{contentId}", content: "{}");
        await AssertSaysAsync(404, "GET", "/titles/{contentId}");
        await AssertSaysAsync(204, "PUT", "/titles/{contentId}", "", Tokens.OfCatalogue(), """{"duration": 90, "seriesId": "s", "kind": "episode"}""");
        await AssertSaysAsync(200, "GET", "/titles/{contentId}");
        await AssertSaysAsync(200, "PUT", "/titles", token: Tokens.OfCatalogue(), content: $$"""{"titles": [{"contentId": "{{Title}}"}]}""");
        await AssertSaysAsync(204, "DELETE", "/titles/{contentId}", token: Tokens.OfCatalogue());
        await AssertSaysAsync(200, "GET", "/health/live", token: "");
    }

    [Fact]
    public async Task A_watchlist_that_is_full_is_refused_as_it_says()
    {
        var full = Enumerable.Range(0, Limits.Watchlist).Select(_ =>
            $$"""{"type": "watchlist", "contentId": "{{Guid.NewGuid()}}", "addedAt": "2026-01-01T00:00:00Z"}""");
        await AssertSaysAsync(200, "PUT", "/users/{userId}/import", content: $"[{string.Join(',', full)}]");

        await AssertSaysAsync(409, "PUT", "/users/{userId}/watchlist/{contentId}");
    }

    [Fact]
    public async Task The_row_says_by_which_tag_it_is_known()
    {
        var answer = await Service.GetAsync($"/users/{User}/continue-watching", Token);
        var operation = _api.Find("GET", "/users/{userId}/continue-watching");

        Assert.NotNull(answer.Header("ETag"));
        Assert.NotNull(_api.Response(operation, 200)!["headers"]!["ETag"]);
        Assert.NotNull(_api.Response(operation, 304));
        Assert.Contains(operation.Parameters, parameter => $"{parameter["name"]}" == "If-None-Match");
    }

    [Fact]
    public void What_a_user_may_be_called_is_what_it_says()
    {
        var schema = _api.Find("GET", "/users/{userId}").Parameters.Single()["schema"]!;
        var pattern = new Regex((string)schema["pattern"]!);

        Assert.Equal(UserId.MaxLength, (int)schema["maxLength"]!);
        Assert.All(
            Enumerable.Range(0, 256).Select(code => $"a{(char)code}b"), id => Assert.Equal(UserId.TryParse(id, out _), pattern.IsMatch(id)));
    }

    [Fact]
    public void It_names_no_host() =>
        Assert.Equal("/", (string?)Assert.Single(_api.Root["servers"]!.AsArray())!["url"]);

    [Fact]
    public async Task The_page_needs_no_token_and_loads_nothing_from_elsewhere()
    {
        var page = await Service.GetAsync("/docs");
        Assert.Equal((200, "text/html"), (page.Status, page.ContentType));
        Assert.Contains("default-src 'self'", page.Header("Content-Security-Policy")!, StringComparison.Ordinal);
        Assert.DoesNotContain("://", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"//", page.Text, StringComparison.Ordinal);

        var scripts = Script().Matches(page.Text).Select(script => script.Groups[1].Value).ToList();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
            Assert.Equal(200, (await Service.GetAsync($"/docs/{script}")).Status);
    }

    [GeneratedRegex("^[a-z][A-Za-z]+$")]
    private static partial Regex CamelCase();

    [GeneratedRegex("""<script[^>]* src="([^"]+)"[^>]*>""")]
    private static partial Regex Script();

    private void AssertEach(Func<Operation, IEnumerable<(bool IsGood, string Fault)>> look) => Assert.Empty(
        from operation in _api.Operations
        from found in look(operation)
        where !found.IsGood
        select $"{operation} {found.Fault}");

    // Sends a real request, and holds the answer against what the document says of it.
    private async Task AssertSaysAsync(
        int status,
        string method,
        string path,
        string query = "",
        string? token = null,
        string? content = null,
        string contentType = "application/json")
    {
        var operation = _api.Find(method, path);
        var real = path.Replace("{userId}", User, StringComparison.Ordinal).Replace("{contentId}", $"{Title}", StringComparison.Ordinal) + query;
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), real);
        if (content is not null)
            request.Content = new StringContent(content, Encoding.UTF8, contentType);
        if (token != "")
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token);

        var answer = await Service.SendAsync(request);

        Assert.True(status == answer.Status, $"{status} was expected of {operation}: {answer}");
        var response = _api.Response(operation, status);
        Assert.True(response is not null, $"{operation} does not say that it answers {status}.");
        if (response["content"] is null)
        {
            Assert.Empty(answer.Text);
            return;
        }

        var schema = response["content"]![answer.ContentType!]?["schema"];
        Assert.True(schema is not null, $"{operation} does not say that it answers in {answer.ContentType}.");
        var values = answer.ContentType switch
        {
            "text/plain" => [JsonValue.Create(answer.Text)],
            "application/x-ndjson" => answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)),
            _ => [JsonNode.Parse(answer.Text)],
        };
        Assert.Empty(values.SelectMany(value => _api.FindFaults(schema, value)));
    }
}
