using System.Net.Http.Headers;
using ContinueWatching.Api.Rates;
using ContinueWatching.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ContinueWatching.Api.Tests;

/// <summary>How much a caller may ask. Nothing comes back within an hour here, so that nothing depends on how fast a test is.</summary>
public sealed class RateLimitTests(RateLimitTests.Limited limited) : IClassFixture<RateLimitTests.Limited>
{
    private const string Origin = "https://tv.example.com";
    private const int AddressBurst = 3;
    private const int CheckBurst = 2;
    private const int ServiceBurst = 4;

    private static int _addresses;

    private readonly string _user = $"user-{Guid.NewGuid():N}";

    // One for each test, from a network of which no proxy is.
    private readonly string _address = $"203.0.113.{Interlocked.Increment(ref _addresses)}";

    private string Token => limited.Tokens.Of(_user);

    [Fact]
    public async Task The_61st_request_at_once_is_refused_and_told_when_to_come_again()
    {
        for (var request = 1; request <= 60; request++)
            Assert.Equal(200, (await RowAsync(Token)).Status);

        var refusal = await RowAsync(Token);

        Problem.Assert(refusal, 429);
        Assert.Equal("3600", refusal.Header("Retry-After"));
        Assert.Equal("no-store", refusal.Header("Cache-Control"));
        Assert.Equal(Origin, refusal.Header("Access-Control-Allow-Origin"));
        Assert.Contains("Retry-After", refusal.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Problem.Assert(await RowAsync(limited.Tokens.Of(_user, ("device_id", "phone"))), 429);
        Assert.Equal(200, (await RowAsync(limited.Tokens.Of($"{_user}-2"))).Status);
        Assert.Equal(200, (await RowAsync(ServiceToken($"service-of-{_user}"), _user)).Status);
    }

    [Theory]
    [InlineData("client_id", "continue-watching.service")]
    [InlineData("azp", "continue-watching.service")]
    [InlineData("sub", "continue-watching.service")]
    [InlineData("client_id", "continue-watching.catalog")]
    public async Task A_service_has_a_bucket_of_its_own_size_whomever_it_acts_for(string claim, string scope)
    {
        for (var request = 1; request <= ServiceBurst; request++)
            Assert.NotEqual(429, (await RowAsync(ServiceToken("a", claim, scope), $"{_user}-{request}")).Status);

        Problem.Assert(await RowAsync(ServiceToken("a", claim, scope), _user), 429);
        Assert.NotEqual(429, (await RowAsync(ServiceToken("b", claim, scope), _user)).Status);
    }

    [Fact]
    public async Task Without_a_good_token_the_address_is_who_asks()
    {
        await EmptyAsync(_address);

        Problem.Assert(await RowAsync(null, from: _address), 429);
        Problem.Assert(await RowAsync("garbage", from: _address), 429);
        Problem.Assert(await RowAsync(limited.Tokens.Of(null), from: _address), 429);
        Problem.Assert(await RowAsync(null, from: $"198.51.100.{_addresses}"), 401);
    }

    [Fact]
    public async Task Bad_tokens_are_no_longer_checked_and_known_good_ones_go_on()
    {
        var early = Token;
        Assert.Equal(200, (await RowAsync(early, from: _address)).Status);
        await EmptyAsync(_address);

        // Some new ones are let in to be checked, and are known then.
        var late = limited.Tokens.Of($"{_user}-late");
        Assert.Equal(200, (await RowAsync(late, from: _address)).Status);
        for (var check = 2; check <= CheckBurst; check++)
            Problem.Assert(await RowAsync($"garbage-{check}", from: _address), 429);

        // Nobody looks any more whether this one is good.
        Problem.Assert(await RowAsync(limited.Tokens.Of($"{_user}-too-late"), from: _address), 429);
        Assert.Equal(200, (await RowAsync(late, from: _address)).Status);
        Assert.Equal(200, (await RowAsync(early, from: _address)).Status);
    }

    [Fact]
    public async Task Good_tokens_take_nothing_from_their_address()
    {
        for (var request = 1; request <= 10; request++)
            Assert.Equal(200, (await RowAsync(limited.Tokens.Of($"{_user}-{request}"), from: _address)).Status);

        await EmptyAsync(_address);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:3::1")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.8")]
    [InlineData("192.0.2.9:4711", "192.0.2.9:4712", "192.0.2.10")]
    public async Task An_IPv6_site_is_one_address_and_an_IPv4_address_is_the_same_in_every_form(string one, string same, string other)
    {
        await EmptyAsync(one);

        Problem.Assert(await RowAsync(null, from: same), 429);
        Problem.Assert(await RowAsync(null, from: other), 401);
    }

    [Fact]
    public async Task What_a_client_writes_into_the_chain_of_proxies_is_not_believed()
    {
        await EmptyAsync($"{_address}, 10.1.1.1");

        Problem.Assert(await RowAsync(null, from: $"198.51.100.7, {_address}"), 429);
        Problem.Assert(await RowAsync(null, from: $"10.2.2.2, {_address}, 10.1.1.1"), 429);
        Problem.Assert(await RowAsync(null, from: $"nonsense, {_address}, 10.1.1.1, 10.3.3.3"), 429);
        Problem.Assert(await RowAsync(null, from: $"{_address}, 198.51.100.8"), 401);
    }

    [Fact]
    public async Task Without_trusted_networks_an_address_is_the_one_that_connects()
    {
        await using var open = new Running();
        await open.StartAsync("Rates:Period=01:00:00", "Rates:AddressRate=1", $"Rates:AddressBurst={AddressBurst}");
        for (var request = 1; request <= AddressBurst; request++)
            Problem.Assert(await RowAsync(open.Service, null, "me", $"198.51.100.{request}"), 401);

        Problem.Assert(await RowAsync(open.Service, null, "me", "198.51.100.99"), 429);
    }

    [Fact]
    public async Task Health_checks_and_preflights_are_free()
    {
        await EmptyAsync(_address);

        for (var request = 1; request <= 10; request++)
        {
            using var health = new HttpRequestMessage(HttpMethod.Get, "/health/live");
            using var preflight = new HttpRequestMessage(HttpMethod.Options, "/updateWatchStatus");
            preflight.Headers.Add("Access-Control-Request-Method", "PUT");
            Assert.Equal(200, (await SendAsync(limited.Service, health, _address)).Status);
            Assert.Equal(204, (await SendAsync(limited.Service, preflight, _address)).Status);
        }
    }

    [Fact]
    public async Task Ten_items_cost_as_much_as_a_request()
    {
        Assert.Equal(200, (await ItemsAsync("batch", 491)).Status);

        // Ten are left. Refused, it has cost no more than the asking.
        var refusal = await ItemsAsync("batch", 101);
        Problem.Assert(refusal, 429);
        Assert.Equal("3600", refusal.Header("Retry-After"));
        Assert.Equal(200, (await ItemsAsync("batch", 71)).Status);
        Assert.Equal(200, (await ItemsAsync("batch", 0)).Status);
        Problem.Assert(await ItemsAsync("batch", 1), 429);
    }

    [Fact]
    public async Task What_costs_more_than_a_bucket_holds_costs_a_full_one()
    {
        Assert.Equal(200, (await ItemsAsync("batch", 100_000)).Status);

        Problem.Assert(await RowAsync(Token), 429);
    }

    [Fact]
    public async Task After_a_while_it_goes_on_and_a_stream_waits_for_its_turn()
    {
        await using var quick = new Running();
        await quick.StartAsync("Rates:Period=00:00:00.100", "Rates:UserRate=2", "Rates:UserBurst=4");
        var token = quick.Tokens.Of(_user);

        Assert.Equal(200, (await quick.Service.SendAsync(HttpMethod.Post, "/test/stream?items=200", token)).Status);

        Answer answer;
        do
            answer = await RowAsync(quick.Service, token, "me", null);
        while (answer.Status == 200);
        Problem.Assert(answer, 429);
        Assert.Equal("1", answer.Header("Retry-After"));
        while (answer.Status == 429)
        {
            await Task.Delay(answer.Headers.RetryAfter!.Delta!.Value);
            answer = await RowAsync(quick.Service, token, "me", null);
        }

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task A_stream_leaves_half_of_what_may_be_asked_at_once_to_whatever_else_the_viewer_does()
    {
        Assert.Equal(200, (await ItemsAsync("stream", items: 290)).Status);

        var waits = ItemsAsync("stream", items: 10);
        var served = 0;
        while ((await RowAsync(Token)).Status == 200)
            served++;

        // The stream itself is a request, and comes as one of them, or not any more.
        Assert.InRange(served, 29, 30);
        Assert.False(waits.IsCompletedSuccessfully && (await waits).Status == 200);
    }

    [Fact]
    public async Task For_a_load_test_there_are_none()
    {
        await using var free = new Running();
        await free.StartAsync("Rates:Enabled=false", "Rates:Period=01:00:00", "Rates:UserBurst=1", "Rates:AddressBurst=1");

        for (var request = 1; request <= 3; request++)
        {
            Problem.Assert(await RowAsync(free.Service, null, "me", null), 401);
            Assert.Equal(200, (await RowAsync(free.Service, free.Tokens.Of(_user), "me", null)).Status);
            Assert.Equal(200, (await free.Service.SendAsync(HttpMethod.Post, "/test/batch?items=500", free.Tokens.Of(_user))).Status);
        }
    }

    [Theory]
    [InlineData("Rates__UserRate", "0", "UserRate must be between 1 and 1000000")]
    [InlineData("Rates__AddressBurst", "0", "AddressBurst must be between 1 and 1000000")]
    [InlineData("Rates__Period", "00:00:00", "Period must be between 00:00:00.1")]
    [InlineData("Api__TrustedNetworks__0", "10.0.0.0/33", "Api:TrustedNetworks: \"10.0.0.0/33\" cannot be taken")]
    [InlineData("Api__TrustedNetworks__0", "load-balancer", "Api:TrustedNetworks: \"load-balancer\" cannot be taken")]
    [InlineData("Api__TrustedNetworks__0", "0.0.0.0/0", "Api:TrustedNetworks: \"0.0.0.0/0\" cannot be taken")]
    public async Task A_setting_that_makes_no_sense_is_told_at_the_start(string name, string value, string complaint)
    {
        await using var api = ServiceProcess.Start("Api", new Dictionary<string, string?>
        {
            ["Authentication__Schemes__Bearer__ValidIssuer"] = "somebody",
            ["Authentication__Schemes__Bearer__ValidAudience"] = "somewhere",
            ["Authentication__Schemes__Bearer__SigningKeys__0__Issuer"] = "somebody",
            ["Authentication__Schemes__Bearer__SigningKeys__0__Value"] = Convert.ToBase64String(new byte[32]),
            ["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Database=none",
            ["urls"] = "http://127.0.0.1:0",

            // In JSON quotes would stand with a backslash.
            ["Logging__Console__FormatterName"] = "simple",
            [name] = value,
        });

        Assert.True(await api.ExitAsync(TimeSpan.FromSeconds(60)) == 1, api.Said);
        Assert.Contains("Not started:", api.Said, StringComparison.Ordinal);
        Assert.Contains(complaint, api.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", api.Said, StringComparison.Ordinal);
    }

    private string ServiceToken(string client, string claim = "client_id", string scope = "continue-watching.service") =>
        limited.Tokens.Of(null, (claim, $"{claim}-{scope}-{client}-{_user}"), ("scope", scope));

    private async Task EmptyAsync(string address)
    {
        for (var request = 1; request <= AddressBurst; request++)
            Problem.Assert(await RowAsync(null, from: address), 401);
    }

    private Task<Answer> ItemsAsync(string route, int items) =>
        limited.Service.SendAsync(HttpMethod.Post, $"/test/{route}?items={items}", Token);

    private Task<Answer> RowAsync(string? token, string user = "me", string? from = null) => RowAsync(limited.Service, token, user, from);

    private static async Task<Answer> RowAsync(TestService service, string? token, string user, string? from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/users/{user}/continue-watching");
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await SendAsync(service, request, from);
    }

    private static Task<Answer> SendAsync(TestService service, HttpRequestMessage request, string? from)
    {
        request.Headers.Add("Origin", Origin);
        if (from is not null)
            request.Headers.Add("X-Forwarded-For", from);
        return service.SendAsync(request);
    }

    /// <summary>A service with its own settings, and two routes for what is charged by the item.</summary>
    public class Running : IAsyncDisposable
    {
        private TestDatabase? _database;

        public TestTokens Tokens { get; } = new();

        public TestService Service { get; private set; } = null!;

        public async Task StartAsync(params string[] settings)
        {
            _database = await TestPostgres.CreateDatabaseAsync();
            Service = await TestService.StartAsync(_database.ConnectionString, [.. Tokens.Configuration, .. settings], routes =>
            {
                routes.MapPost("/test/batch", Results<Ok, ProblemHttpResult> (HttpContext http, int items) =>
                    RateLimits.TryTakeMore(http, items, out var refusal) ? TypedResults.Ok() : refusal);
                routes.MapPost("/test/stream", (HttpContext http, int items) => RateLimits.WaitForMoreAsync(http, items, http.RequestAborted));
            });
        }

        public async ValueTask DisposeAsync()
        {
            await Service.DisposeAsync();
            await _database!.DisposeAsync();
        }
    }

    public sealed class Limited : Running, IAsyncLifetime
    {
        public Task InitializeAsync() => StartAsync(
            "Rates:Period=01:00:00",
            "Rates:UserRate=1",
            "Rates:UserBurst=60",
            "Rates:ServiceRate=1",
            $"Rates:ServiceBurst={ServiceBurst}",
            "Rates:AddressRate=1",
            $"Rates:AddressBurst={AddressBurst}",
            "Rates:CheckRate=1",
            $"Rates:CheckBurst={CheckBurst}",
            "Api:TrustedNetworks:0=127.0.0.1/32",
            "Api:TrustedNetworks:1=10.0.0.0/8",
            $"Api:CorsOrigins:0={Origin}");

        Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();
    }
}
