using System.Diagnostics;
using ContinueWatching.Standalone;
using ContinueWatching.Testing;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit.Abstractions;

namespace ContinueWatching.Api.Tests;

/// <summary>Postgres goes away under a running service, and comes back.</summary>
public sealed class PostgresAwayTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _read = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);

    private readonly TestTokens _tokens = new();

    [Fact]
    public async Task Reports_are_asked_for_again_while_Postgres_is_away_and_taken_when_it_is_back()
    {
        await using var server = await TestPostgresServer.StartAsync();
        await using var service = await TestService.StartAsync(server.ConnectionString, _tokens.Configuration);
        foreach (var user in new[] { "known", "reader" })
            Assert.Equal(200, (await ReportAsync(service, user, 100)).Status);
        Assert.Equal(200, (await service.GetAsync("/health/ready")).Status);
        service.Logs.Take();
        await using var reader = SteadyReader.Start(service, _tokens.Of("reader"), place: 100);

        await server.StopAsync(PostgresStopMode.Immediate);

        foreach (var user in new[] { "known", "new" })
            IsUnavailable(await ReportAsync(service, user, 200));
        IsUnavailable(await service.GetAsync("/users/me/continue-watching", _tokens.Of("another")));
        IsUnavailable(await service.GetAsync($"/getWatchStatus?userId=me&contentId={Guid.NewGuid()}", _tokens.Of("another")));
        using (var plain = new HttpRequestMessage(HttpMethod.Get, "/users/me/continue-watching"))
        {
            plain.Headers.Add("Accept", "text/html");
            plain.Headers.Authorization = new("Bearer", _tokens.Of("another"));
            IsUnavailable(await service.SendAsync(plain));
        }

        // What is the client's fault stays so, and what nobody needs a database for goes on.
        Problem.Assert(await ReportAsync(service, "known", -1), 400, "resumeFrom");
        Problem.Assert(await service.GetAsync("/users/me/continue-watching"), 401);
        Assert.Equal(200, (await service.GetAsync("/health/live")).Status);
        // A silo looks at its database once a second.
        await UntilAsync(async () => (await service.GetAsync("/health/ready")).Status == 503);
        IsUnavailable(await service.GetAsync($"/titles/{Guid.NewGuid()}", _tokens.Of("another")));
        // Orleans' own membership speaks of it in its own way, whenever one of its timers comes round.
        Assert.DoesNotContain(service.Logs.Take(), line => line.Level >= LogLevel.Warning && line.Exception is not null
            && !line.Category.StartsWith("Orleans.Runtime.MembershipService", StringComparison.Ordinal));

        await server.StartAgainAsync();

        var recovery = new Recovery(output);
        await recovery.UntilAsync("a report is taken", async () => (await ReportAsync(service, "known", 300)).Status == 200);
        await recovery.UntilAsync("a new user's as well", async () => (await ReportAsync(service, "new", 300)).Status == 200);
        await recovery.UntilAsync("the service is ready", async () => (await service.GetAsync("/health/ready")).Status == 200);
        var (reads, slowest) = await reader.AssertServedAsync(_read);
        output.WriteLine($"{reads} reads meanwhile, {slowest.TotalMilliseconds:0} ms at most.");
        var row = await service.GetAsync("/users/me/continue-watching", _tokens.Of("known"));
        Assert.Equal(300, row.Json.GetProperty("items")[0].GetProperty("resumeFrom").GetDouble());
    }

    [Fact]
    public async Task A_service_that_cannot_serve_says_so_once_however_often_it_is_asked_and_once_when_it_can_again()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var service = await TestService.StartAsync(database.ConnectionString, _tokens.Configuration);
        Assert.Equal(200, (await service.GetAsync("/health/ready")).Status);

        await database.LetInAsync(allowed: false);
        await UntilAsync(async () => (await service.GetAsync("/health/ready")).Status == 503);
        for (var ask = 0; ask < 20; ask++)
            Assert.Equal(503, (await service.GetAsync("/health/ready")).Status);
        await database.LetInAsync(allowed: true);
        await UntilAsync(async () => (await service.GetAsync("/health/ready")).Status == 200);
        for (var ask = 0; ask < 20; ask++)
            Assert.Equal(200, (await service.GetAsync("/health/ready")).Status);

        var said = service.Logs.Take().Select(line => line.Message).Where(line => line.Contains("ready", StringComparison.Ordinal)).ToArray();
        Assert.Single(said, line => line.StartsWith("The API is not ready: Postgres does not answer: ", StringComparison.Ordinal));
        Assert.Single(said, line => line == "The API is ready again");
    }

    [Fact]
    public async Task A_user_who_floods_a_service_that_cannot_commit_is_refused_at_once()
    {
        await using var server = await TestPostgresServer.StartAsync();
        await using var service = await TestService.StartAsync(server.ConnectionString, [.. _tokens.Configuration, "Cluster:UserQueue=1"]);
        Assert.Equal(200, (await ReportAsync(service, "flood", 100)).Status);

        server.Pause();
        var reports = Enumerable.Range(2, 6).Select(step => ReportAsync(service, "flood", step * 100)).ToList();
        var first = await await Task.WhenAny(reports);
        server.Resume();

        IsUnavailable(first);
        await Task.WhenAll(reports);
    }

    [Fact]
    public async Task A_report_that_loses_again_and_again_is_asked_for_again()
    {
        await using var server = await TestPostgresServer.StartAsync();
        await using var service = await TestService.StartAsync(server.ConnectionString, _tokens.Configuration);
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                create function lose() returns trigger language plpgsql as 'begin return null; end';
                create trigger lose before insert on resume for each row execute function lose();
                """,
                connection);
            await command.ExecuteNonQueryAsync();
        }

        IsUnavailable(await ReportAsync(service, "loser", 100));

        Assert.Equal(3, service.Logs.Take().Count(line => line.Message.Contains("lost to a newer one", StringComparison.Ordinal)));
    }

    private static void IsUnavailable(Answer answer)
    {
        Problem.Assert(answer, 503);
        Assert.Equal("1", answer.Header("Retry-After"));
        Assert.DoesNotContain("Npgsql", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Postgres", answer.Text, StringComparison.OrdinalIgnoreCase);
    }

    private Task<Answer> ReportAsync(TestService service, string user, double position) => service.PutAsync(
        "/updateWatchStatus",
        _tokens.Of(user),
        $$"""{"userId": "me", "contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "resumeFrom": {{position}}}""");

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < _limit, $"Not within {_limit}.");
            await Task.Delay(_interval);
        }
    }
}
