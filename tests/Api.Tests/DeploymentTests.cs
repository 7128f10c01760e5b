using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>
/// What a deployment may decide: an Authority instead of keys, other claims, web origins. This one speaks HTTP/2 besides, as behind a
/// load balancer.
/// </summary>
public sealed class DeploymentTests(DeploymentTests.Deployment deployment) : IClassFixture<DeploymentTests.Deployment>
{
    private const string Origin = "https://tv.example.com";

    private readonly string _user = $"user-{Guid.NewGuid():N}";
    private readonly Guid _title = Guid.NewGuid();

    private TestService Service => deployment.Service;

    private JsonObject Claims
    {
        get
        {
            var claims = TestTokens.Claims("not-the-user");
            (claims["iss"], claims["profile"]) = (deployment.Authority.Url, _user);
            return claims;
        }
    }

    private string Report => $$"""{"userId": "{{_user}}", "contentId": "{{_title}}", "resumeFrom": 100}""";

    [Fact]
    public async Task The_user_is_the_claim_that_is_configured()
    {
        Assert.Equal(200, (await ReportAsync(Claims)).Status);
        Assert.Equal(200, (await Service.GetAsync($"/users/{_user}/continue-watching", deployment.Authority.Sign(Claims))).Status);
        Problem.Assert(await Service.GetAsync("/users/not-the-user/continue-watching", deployment.Authority.Sign(Claims)), 403);
        var nobodys = Claims;
        nobodys.Remove("profile");
        Problem.Assert(await ReportAsync(nobodys), 403);
    }

    [Theory]
    [InlineData("iss", "https://another-tenant.test")]
    [InlineData("iss", "")]
    [InlineData("iss", null)]
    [InlineData("aud", "another-service")]
    [InlineData("aud", null)]
    public async Task A_key_of_the_authority_is_not_enough(string claim, string? value)
    {
        var claims = Claims;
        claims.Remove(claim);
        if (value is not null)
            claims[claim] = value;

        Problem.Assert(await ReportAsync(claims), 401);
    }

    [Fact]
    public async Task A_token_of_another_key_is_none() => Problem.Assert(
        await Service.PutAsync("/updateWatchStatus", Jwt.WriteHs256(Claims, new byte[32]), Report), 401);

    [Theory]
    [InlineData("""{"screen": "tv", "device_id": "phone", "sid": "session"}""", "tv")]
    [InlineData("""{"device_id": "phone", "sid": "session"}""", null)]
    public async Task The_device_is_the_claim_that_is_configured(string more, string? expected)
    {
        var claims = Claims;
        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject())
            claims[name] = value!.DeepClone();

        var answer = await ReportAsync(claims);

        Assert.Equal(expected, answer.Json.TryGetProperty("deviceId", out var device) ? device.GetString() : null);
    }

    [Theory]
    [InlineData("/live/users/me/continue-watching", 200)]
    [InlineData("/users/me/continue-watching", 200)]
    [InlineData("/live/live/users/me/continue-watching", 404)]
    [InlineData("/lively/users/me/continue-watching", 404)]
    public async Task What_a_gateway_puts_before_a_path_is_taken_away_and_need_not_be_there(string path, int status) =>
        Assert.Equal(status, (await Service.GetAsync(path, deployment.Authority.Sign(Claims))).Status);

    [Theory]
    [InlineData("PUT", "authorization,content-type")]
    [InlineData("GET", "authorization")]
    [InlineData("GET", "authorization,last-event-id")]
    [InlineData("GET", "authorization,if-none-match")]
    public async Task A_page_of_a_configured_origin_may_ask_whether_it_may_call_without_a_token(string method, string headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/updateWatchStatus");
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", headers);

        var answer = await Service.SendAsync(request);

        Assert.Equal(204, answer.Status);
        Assert.Equal(Origin, answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains(method, answer.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal("Authorization,Content-Type,If-None-Match,Last-Event-ID", answer.Header("Access-Control-Allow-Headers"));
        Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("https://evil.example.com")]
    [InlineData("http://tv.example.com")]
    [InlineData("https://tv.example.com:8443")]
    [InlineData("https://tv.example.com.evil.com")]
    [InlineData("null")]
    public async Task A_page_of_another_origin_may_not(string origin)
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/updateWatchStatus");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "PUT");
        using var plain = Row(deployment.Authority.Sign(Claims), origin);

        Assert.Null((await Service.SendAsync(preflight)).Header("Access-Control-Allow-Origin"));
        Assert.Null((await Service.SendAsync(plain)).Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_page_can_read_answers_and_refusals_and_caches_keep_them_apart()
    {
        using var good = Row(deployment.Authority.Sign(Claims), Origin);
        using var anonymous = Row(null, Origin);
        var answer = await Service.SendAsync(good);
        var refusal = await Service.SendAsync(anonymous);

        Assert.Equal((200, 401), (answer.Status, refusal.Status));
        Assert.Equal(Origin, answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal(Origin, refusal.Header("Access-Control-Allow-Origin"));
        Assert.Contains("Origin", answer.Header("Vary"), StringComparison.Ordinal);
        Assert.Contains("Authorization", answer.Header("Vary"), StringComparison.Ordinal);
        Assert.Equal("private, no-cache", answer.Header("Cache-Control"));
    }

    [Fact]
    public async Task A_page_can_read_when_to_try_again()
    {
        using var request = Row(deployment.Authority.Sign(Claims), Origin);

        Assert.Equal("Retry-After,ETag", (await Service.SendAsync(request)).Header("Access-Control-Expose-Headers"));
    }

    [Fact]
    public async Task A_body_without_a_length_is_read_with_HTTP_2_too()
    {
        await ReportAsync(Claims);
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"userId": "{{_user}}", "contentId": "{{_title}}"}""");
        using var pushed = new PushedContent(body);

        var answer = await Service.SendAsync(HttpMethod.Get, "/getWatchStatus", deployment.Authority.Sign(Claims), pushed);

        Assert.Equal(200, answer.Status);
        Assert.Single(answer.Json.EnumerateArray());
    }

    private Task<Answer> ReportAsync(JsonObject claims) =>
        Service.PutAsync("/updateWatchStatus", deployment.Authority.Sign(claims), Report);

    private static HttpRequestMessage Row(string? token, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/users/me/continue-watching");
        request.Headers.Add("Origin", origin);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    public sealed class Deployment : IAsyncLifetime
    {
        private TestDatabase? _database;
        private TestAuthority? _authority;

        public TestService Service { get; private set; } = null!;

        internal TestAuthority Authority => _authority!;

        public async Task InitializeAsync()
        {
            _database = await TestPostgres.CreateDatabaseAsync();
            _authority = await TestAuthority.StartAsync();
            Service = await TestService.StartAsync(_database.ConnectionString,
            [
                $"Authentication:Schemes:Bearer:Authority={Authority.Url}",
                "Authentication:Schemes:Bearer:RequireHttpsMetadata=false",
                $"Authentication:Schemes:Bearer:ValidAudience={TestTokens.Audience}",
                "Api:UserIdClaim=profile",
                "Api:DeviceIdClaims:0=screen",
                $"Api:CorsOrigins:0={Origin}",
                "Api:CorsOrigins:1=https://web.example.com",
                "Api:PathBase=/live",
                "Kestrel:EndpointDefaults:Protocols=Http2",
            ]);
            (Service.Http.DefaultRequestVersion, Service.Http.DefaultVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        }

        public async Task DisposeAsync()
        {
            await Service.DisposeAsync();
            await _authority!.DisposeAsync();
            await _database!.DisposeAsync();
        }
    }

    private sealed class PushedContent : HttpContent
    {
        private readonly byte[] _body;

        public PushedContent(byte[] body)
        {
            _body = body;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(_body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
