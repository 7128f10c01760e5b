using System.Text;
using System.Text.Json;
using ContinueWatching.Testing;

namespace ContinueWatching.Standalone.Tests;

/// <summary>What <c>POST /dev/token</c> answers, on the first command of the README: a loopback address and a Postgres of its own.</summary>
public sealed class DevTokenTests(DevTokenTests.FirstCommand first) : IClassFixture<DevTokenTests.FirstCommand>
{
    private RunningStandalone Standalone => first.Standalone;

    [Fact]
    public async Task A_token_comes_as_sign_in_services_give_theirs()
    {
        using var answer = await Standalone.PostAsync("/dev/token", """{"userId": "123"}""");

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(["access_token", "token_type", "expires_in"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("Bearer", json.GetProperty("token_type").GetString());
        Assert.Equal(3600, json.GetProperty("expires_in").GetInt32());
    }

    [Theory]
    [InlineData("""{"userId": "123"}""", "123", null, null)]
    [InlineData("""{"userId": 123, "scope": null, "deviceId": null}""", "123", null, null)]
    [InlineData("""{"userId": 0}""", "0", null, null)]
    [InlineData("""{"userId": 9999999999999999999}""", "9999999999999999999", null, null)]
    [InlineData("""{"userId": "0123", "deviceId": "tv"}""", "0123", null, "tv")]
    [InlineData("""{"userId": "cms", "scope": "continue-watching.service x"}""", "cms", "continue-watching.service x", null)]
    public async Task A_token_says_what_was_asked_for_and_lasts_an_hour(string request, string subject, string? scope, string? device)
    {
        var claims = Jwt.ReadPayload(await Standalone.TokenAsync(request));

        Assert.Equal(subject, claims.GetProperty("sub").GetString());
        Assert.Equal(scope, claims.TryGetProperty("scope", out var told) ? told.GetString() : null);
        Assert.Equal(device, claims.TryGetProperty("device_id", out var screen) ? screen.GetString() : null);
        Assert.Equal(3600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
    }

    [Fact]
    public async Task A_token_opens_its_users_doors_and_a_services_everybodys()
    {
        Assert.Equal(200, await Standalone.ReportAsync(await Standalone.TokenAsync("""{"userId": 123}""")));
        Assert.Equal(403, await Standalone.ReportAsync(await Standalone.TokenAsync("""{"userId": "0123"}""")));
        Assert.Equal(200, await Standalone.ReportAsync(
            await Standalone.TokenAsync("""{"userId": "cms", "scope": "continue-watching.service"}""")));
    }

    [Theory]
    [InlineData("{}", "userId")]
    [InlineData("""{"userId": null}""", "userId")]
    [InlineData("""{"userId": ""}""", "userId")]
    [InlineData("""{"userId": "me"}""", "userId")]
    [InlineData("""{"userId": "a b"}""", "userId")]
    [InlineData("""{"userId": "a/b"}""", "userId")]
    [InlineData("""{"userId": "a\u0000"}""", "userId")]
    [InlineData("""{"userId": "\ud800"}""", "body")]
    [InlineData("""{"userId": true}""", "userId")]
    [InlineData("""{"userId": {}}""", "userId")]
    [InlineData("""{"userId": ["123"]}""", "userId")]
    [InlineData("""{"userId": 1e3}""", "userId")]
    [InlineData("""{"userId": -0}""", "userId")]
    [InlineData("""{"userId": -1}""", "userId")]
    [InlineData("""{"userId": 1.0}""", "userId")]
    [InlineData("""{"userId": 12345678901234567890}""", "userId")]
    [InlineData("""{"userId": "123", "deviceId": ""}""", "deviceId")]
    [InlineData("""{"userId": "123", "deviceId": "my tv"}""", "deviceId")]
    [InlineData("""{"userId": "123", "deviceId": "Küche"}""", "deviceId")]
    [InlineData("""{"userId": "123", "deviceId": 7}""", "deviceId")]
    [InlineData("""{"userId": "123", "deviceId": "\ud800"}""", "body")]
    [InlineData("""{"userId": "123", "scope": 7}""", "scope")]
    [InlineData("""{"userId": "123", "scope": "\udfff"}""", "body")]
    [InlineData("""{"userId": 01}""", "body")]
    [InlineData("""{"userId": "123" """, "body")]
    [InlineData("null", "body")]
    [InlineData("[]", "body")]
    [InlineData("", "body")]
    public async Task What_names_no_user_or_no_device_gets_no_token(string request, string field)
    {
        using var answer = await Standalone.PostAsync("/dev/token", request);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task The_sign_in_is_described_among_the_routes()
    {
        var document = JsonDocument.Parse(await Standalone.Http.GetStringAsync("/openapi/v1.json")).RootElement;

        var operation = document.GetProperty("paths").GetProperty("/dev/token").GetProperty("post");
        Assert.Equal("createDevToken", operation.GetProperty("operationId").GetString());
        Assert.Equal(0, operation.GetProperty("security").GetArrayLength());
        Assert.Equal(["200", "400", "404", "413", "415"], operation.GetProperty("responses").EnumerateObject().Select(response => response.Name).Order());
        Assert.Contains(document.GetProperty("tags").EnumerateArray(), tag => tag.GetProperty("name").GetString() == "Development");
    }

    [Fact]
    public async Task A_form_gets_no_token()
    {
        using var form = new FormUrlEncodedContent([new("userId", "123")]);
        using var answer = await Standalone.Http.PostAsync("/dev/token", form);

        Assert.Equal(415, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("evil.example", 404)]
    [InlineData("192.0.2.1", 404)]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1", 200)]
    public async Task A_web_page_whose_name_leads_here_gets_no_token(string host, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dev/token")
        {
            Content = new StringContent("""{"userId": "123"}""", Encoding.UTF8, "application/json"),
            Headers = { Host = host },
        };
        using var answer = await Standalone.Http.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public void The_database_is_in_the_data_directory() => Assert.True(Directory.Exists(Path.Combine(first.Data, "postgres", "cluster")));

    public sealed class FirstCommand : IAsyncLifetime
    {
        private readonly TempFolder _folder = TempFolder.Open();
        private RunningStandalone? _standalone;

        internal string Data => Path.Combine(_folder.Path, "data");

        internal RunningStandalone Standalone => _standalone!;

        public async Task InitializeAsync() => _standalone = await RunningStandalone.StartAsync(Data);

        public async Task DisposeAsync()
        {
            await Standalone.DisposeAsync();
            _folder.Dispose();
        }
    }
}
