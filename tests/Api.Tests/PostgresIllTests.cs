using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ContinueWatching.Testing;
using Npgsql;
using Xunit.Abstractions;

namespace ContinueWatching.Api.Tests;

/// <summary>
/// Postgres is there and yet of no use: for each way, reports are told so in time, who is in memory is still read, the process lives, and
/// all goes on by itself when it is well again.
/// </summary>
public sealed class PostgresIllTests(ITestOutputHelper output)
{
    private const int Connections = 40;

    // The deadline that a request has in all.
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(10);

    // Who is read from memory waits for nothing but a processor.
    private static readonly TimeSpan _read = TimeSpan.FromSeconds(2);

    // Before the first statement can have timed out, after 5 s.
    private static readonly TimeSpan _atOnce = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(50);
    private static readonly Guid _film = new("0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11");

    private readonly TestTokens _tokens = new();

    public static TheoryData<string> Ailments => [.. _ailments.Keys];

    private static readonly Dictionary<string, Func<TestPostgresServer, Task<IAsyncDisposable>>> _ailments = new()
    {
        ["every commit waits for a lock"] = server => OpenAsync(server, "begin; lock table resume in access exclusive mode"),
        ["the disk is full"] = server => ChangeAsync(
            server,
            """
            create function full_disk() returns trigger language plpgsql as
              'begin raise exception ''could not extend file: No space left on device'' using errcode = ''53100''; end';
            create trigger full_disk before insert on resume for each statement execute function full_disk();
            """,
            "drop trigger full_disk on resume; drop function full_disk"),
        ["it is read-only"] = server => ChangeAsync(
            server,
            "alter database continue_watching set default_transaction_read_only = on; " + EndOthers,
            "set transaction read write; alter database continue_watching reset default_transaction_read_only; " + EndOthers),
        ["others have all its connections"] = TakeAllConnectionsAsync,
    };

    private const string EndOthers =
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";

    [Theory]
    [MemberData(nameof(Ailments))]
    public async Task Reports_are_asked_for_again_and_all_goes_on_by_itself_after(string ailment)
    {
        await using var server = await TestPostgresServer.StartAsync(Connections);
        await using var service = await TestService.StartAsync(server.ConnectionString, _tokens.Configuration);
        foreach (var user in new[] { "reader", "watcher" })
            Assert.Equal(200, (await ReportAsync(service, user, 100)).Status);
        await using var reader = SteadyReader.Start(service, _tokens.Of("reader"), place: 100);

        await using (await _ailments[ailment](server))
        {
            // What says where the viewer is already needs no Postgres, so each says something new.
            var place = 200;
            await UntilAsync(async () =>
            {
                var clock = Stopwatch.StartNew();
                var report = await ReportAsync(service, "watcher", place++);
                Assert.InRange(clock.Elapsed, TimeSpan.Zero, _deadline);
                return report.Status == 503 && report.Header("Retry-After") is not null;
            });
            Assert.Equal(200, (await service.GetAsync("/health/live")).Status);
            if (ailment is "it is read-only" or "others have all its connections")
                await UntilAsync(async () => (await service.GetAsync("/health/ready")).Status == 503);
        }

        var recovery = new Recovery(output);
        await recovery.UntilAsync("a report is taken", async () => (await ReportAsync(service, "watcher", 3000)).Status == 200);
        await recovery.UntilAsync("a new user's as well", async () => (await ReportAsync(service, "another", 50)).Status == 200);
        await recovery.UntilAsync("the service is ready", async () => (await service.GetAsync("/health/ready")).Status == 200);
        Assert.Equal(3000, await PlaceInRowAsync(service, "watcher"));
        var (reads, slowest) = await reader.AssertServedAsync(_read);
        output.WriteLine($"{reads} reads meanwhile, {slowest.TotalMilliseconds:0} ms at most.");
    }

    [Fact]
    public async Task While_Postgres_stands_still_no_more_reports_wait_than_the_queue_holds_and_all_others_are_refused_at_once()
    {
        const int users = 400, lanes = 2, queue = 50, batch = 50;
        await using var server = await TestPostgresServer.StartAsync();
        await using var service = await TestService.StartAsync(server.ConnectionString,
        [
            .. _tokens.Configuration,
            $"Storage:CommitLanes={lanes}", $"Storage:CommitQueue={queue}", $"Storage:CommitBatch={batch}",
        ]);
        var everybody = Enumerable.Range(0, users).Select(number => $"viewer-{number}").ToArray();
        foreach (var some in everybody.Chunk(batch / 2))
            await Task.WhenAll(some.Select(user => UntilTakenAsync(service, user, 100)));

        server.Pause();
        var atOnce = 0;
        var clock = Stopwatch.StartNew();
        var flood = Task.WhenAll(everybody.Select(async user =>
        {
            var report = await ReportAsync(service, user, 200);
            if (report.Status == 503 && clock.Elapsed < _atOnce)
                Interlocked.Increment(ref atOnce);
            return report;
        }));
        var deepest = 0;
        while (!flood.IsCompleted)
        {
            deepest = Math.Max(deepest, service.Measure("continue_watching.commit.queue.depth"));
            await Task.WhenAny(flood, Task.Delay(_interval));
        }

        var reports = await flood;
        output.WriteLine($"{atOnce} refused at once, {deepest} waiting at most, all answered after {clock.Elapsed.TotalSeconds:0.0} s.");
        server.Resume();
        var recovery = new Recovery(output);

        Assert.All(reports, report => Assert.Equal((503, true), (report.Status, report.Header("Retry-After") is not null)));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, _deadline + _read);
        Assert.InRange(atOnce, users - (lanes * (queue + batch)), users);
        Assert.InRange(deepest, 1, lanes * queue);
        await recovery.UntilAsync("a report is taken", async () => (await ReportAsync(service, everybody[0], 300)).Status == 200);
        Assert.Equal(0, service.Measure("continue_watching.commit.queue.depth"));
    }

    [Fact]
    public async Task A_failover_to_the_standby_loses_no_acknowledged_report()
    {
        await using var primary = await TestPostgresServer.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        var both = new NpgsqlConnectionStringBuilder(primary.ConnectionString)
        {
            Host = $"127.0.0.1:{primary.Port},127.0.0.1:{standby.Port}",
            TargetSessionAttributes = "primary",
            HostRecheckSeconds = 1,
        };
        await using var service = await TestService.StartAsync(both.ConnectionString, _tokens.Configuration);
        var ended = false;
        var acknowledged = new ConcurrentDictionary<string, double>();
        var watching = Task.WhenAll(Enumerable.Range(0, 8).Select(viewer => WatchAsync($"viewer-{viewer}")));
        await UntilAsync(() => Task.FromResult(acknowledged.Count == 8));

        await primary.KillAsync();
        // A report may still be stored before the last backend finds out; told again, it needs no Postgres.
        var place = 100;
        await UntilAsync(async () => (await ReportAsync(service, "watcher", place++)).Status == 503);
        await standby.PromoteAsync();
        await new Recovery(output).UntilAsync("a report is taken", async () => (await ReportAsync(service, "watcher", 2000)).Status == 200);
        var before = acknowledged.ToDictionary();
        await UntilAsync(() => Task.FromResult(acknowledged.All(viewer => viewer.Value > before[viewer.Key])));

        Volatile.Write(ref ended, true);
        await watching;
        await using var stored = NpgsqlDataSource.Create(standby.ConnectionString);
        await using var command = stored.CreateCommand("select user_id, position_ms / 1000.0 from resume");
        await using var rows = await command.ExecuteReaderAsync();
        var places = new Dictionary<string, double>();
        while (await rows.ReadAsync())
            places.Add(rows.GetString(0), (double)rows.GetDecimal(1));
        Assert.All(acknowledged, viewer => Assert.True(places[viewer.Key] >= viewer.Value, $"{viewer.Key}: {viewer.Value}, not {places[viewer.Key]}"));

        async Task WatchAsync(string viewer)
        {
            for (var second = 1; !Volatile.Read(ref ended); second++)
            {
                var report = await ReportAsync(service, viewer, second);
                Assert.True(report.Status is 200 or 503, $"{report}");
                if (report.Status == 200)
                    acknowledged[viewer] = second;
            }
        }
    }

    private Task<Answer> ReportAsync(TestService service, string user, double position) => service.PutAsync(
        "/updateWatchStatus",
        _tokens.Of(user),
        string.Create(CultureInfo.InvariantCulture, $$"""{"userId": "me", "contentId": "{{_film}}", "resumeFrom": {{position}}}"""));

    // Many users who wake at once may have to wait for a processor, and are then told 503: nothing else.
    private Task UntilTakenAsync(TestService service, string user, double position) => UntilAsync(async () =>
    {
        var report = await ReportAsync(service, user, position);
        Assert.True(report.Status is 200 or 503, $"{report}\n{string.Join('\n', service.Logs.Take().Select(line => line.Exception).OfType<Exception>())}");
        return report.Status == 200;
    });

    private async Task<double> PlaceInRowAsync(TestService service, string user)
    {
        var row = await service.GetAsync("/users/me/continue-watching", _tokens.Of(user));
        Assert.Equal(200, row.Status);
        return row.Json.GetProperty("items")[0].GetProperty("resumeFrom").GetDouble();
    }

    // The silo's own go too: only then does it need new ones.
    private static async Task<IAsyncDisposable> TakeAllConnectionsAsync(TestPostgresServer server)
    {
        var taken = new Taken();
        var clock = Stopwatch.StartNew();
        await taken.AddAsync(server);
        for (var full = 0; full < 3;)
        {
            Assert.True(clock.Elapsed < _limit, "The server does not run out of connections.");
            await taken.EndOthersAsync();
            full = await taken.TryFillAsync(server) ? full + 1 : 0;
        }

        return taken;
    }

    private static async Task<IAsyncDisposable> OpenAsync(TestPostgresServer server, string sql)
    {
        var connection = new NpgsqlConnection(Unpooled(server));
        await connection.OpenAsync();
        await RunAsync(connection, sql);
        return connection;
    }

    private static async Task<IAsyncDisposable> ChangeAsync(TestPostgresServer server, string make, string undo)
    {
        await (await OpenAsync(server, make)).DisposeAsync();
        return new Undo(async () => await (await OpenAsync(server, undo)).DisposeAsync());
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Unpooled(TestPostgresServer server) =>
        new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false }.ConnectionString;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < _limit, $"Not within {_limit}.");
            await Task.Delay(_interval);
        }
    }

    private sealed class Undo(Func<Task> undo) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => new(undo());
    }

    private sealed class Taken : IAsyncDisposable
    {
        private readonly List<NpgsqlConnection> _connections = [];

        public async Task AddAsync(TestPostgresServer server)
        {
            var connection = new NpgsqlConnection(Unpooled(server));
            await connection.OpenAsync();
            _connections.Add(connection);
        }

        public async Task<bool> TryFillAsync(TestPostgresServer server)
        {
            var before = _connections.Count;
            try
            {
                while (true)
                    await AddAsync(server);
            }
            catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                return _connections.Count == before;
            }
        }

        public async Task EndOthersAsync()
        {
            var own = string.Join(',', _connections.Select(connection => connection.ProcessID));
            await RunAsync(_connections[0],
                $"select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid not in ({own})");
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var connection in _connections)
                await connection.DisposeAsync();
        }
    }
}
