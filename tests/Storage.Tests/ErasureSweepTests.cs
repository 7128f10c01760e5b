using ContinueWatching.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace ContinueWatching.Storage.Tests;

/// <summary>What is left of an erasure is looked for among all users, in a database of the test's own.</summary>
public sealed class ErasureSweepTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private ResumeDatabase _database = null!;
    private TestSilo _silo = null!;

    public async Task InitializeAsync()
    {
        _database = await ResumeDatabase.CreateAsync();
        _silo = _database.StartSilo(time: _time);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task What_a_lost_silo_wrote_of_an_erased_user_is_found_among_many_and_nothing_else_goes()
    {
        var erasedAt = await _database.NowAsync();
        var erased = UserId.Parse("user-0700");
        await _silo.Users.EraseAsync(erased, erasedAt);
        await _database.ExecuteAsync($"""
            insert into resume (user_id, content_id, device_id, position_ms, watched_at)
            select 'user-' || lpad(u::text, 4, '0'), gen_random_uuid(), d::text, 1000, '{erasedAt:O}'::timestamptz - d * interval '1 second'
            from generate_series(1, 1200) u, generate_series(1, 2) d;
            insert into resume (user_id, content_id, device_id, position_ms, watched_at)
            values ('{erased}', gen_random_uuid(), 'tv', 1000, '{erasedAt:O}'::timestamptz + interval '1 second');
            insert into title_mark (user_id, content_id, play_count, changed_at) values ('{erased}', gen_random_uuid(), 0, '{erasedAt:O}');
            insert into watchlist values ('{erased}', gen_random_uuid(), '{erasedAt:O}'), ('user-0001', gen_random_uuid(), '{erasedAt:O}');
            """);

        Assert.Equal(4, await SweepAsync());

        Assert.True(Assert.Single(await _database.RegistersAsync(erased)).Register.WatchedAt > erasedAt);
        Assert.Equal(2399L, await _database.ScalarAsync("select count(*) from resume"));
        Assert.Equal(0L, await _database.ScalarAsync("select count(*) from title_mark"));
        Assert.Equal(1L, await _database.ScalarAsync("select count(*) from watchlist"));
        Assert.Equal(0, await SweepAsync());
    }

    [Fact]
    public async Task A_user_of_whom_nothing_but_a_mark_is_left_is_found_too()
    {
        var erasedAt = await _database.NowAsync();
        await _silo.Users.EraseAsync(UserId.Parse("a"), erasedAt);
        await _database.ExecuteAsync($"insert into title_mark (user_id, content_id, play_count, changed_at) values ('a', gen_random_uuid(), 0, '{erasedAt:O}')");

        Assert.Equal(1, await SweepAsync());
    }

    [Fact]
    public async Task A_tombstone_counts_for_thirty_days_and_then_goes()
    {
        var (old, young) = (Some.User(), Some.User());
        var now = await _database.NowAsync();
        await _silo.Users.EraseAsync(old, now - ErasureSweep.TombstoneAge - TimeSpan.FromMinutes(1));
        await _silo.Users.EraseAsync(young, now - ErasureSweep.TombstoneAge + TimeSpan.FromMinutes(10));

        Assert.Null((await _silo.Store.LoadNewestAsync(old, before: null, _database.Limit)).User.ErasedAt);
        Assert.NotNull((await _silo.Store.LoadNewestAsync(young, before: null, _database.Limit)).User.ErasedAt);
        await SweepAsync();
        Assert.Equal(1L, await _database.ScalarAsync("select count(*) from tombstone"));
    }

    [Fact]
    public async Task A_pass_that_was_stopped_goes_on_where_it_was()
    {
        var erasedAt = await _database.NowAsync();
        foreach (var user in new[] { "user-0001", "user-0700" })
        {
            await _silo.Users.EraseAsync(UserId.Parse(user), erasedAt);
        }

        await _database.ExecuteAsync($"""
            insert into watchlist select 'user-' || lpad(u::text, 4, '0'), gen_random_uuid(), '{erasedAt:O}' from generate_series(1, 1200) u
            """);
        using var stop = new CancellationTokenSource();
        var first = _silo.Sweep.SweepAsync(stop.Token);
        await _database.UntilAsync("select not exists (select from watchlist where user_id = 'user-0001')");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await _database.ExecuteAsync($"insert into watchlist values ('user-0001', gen_random_uuid(), '{erasedAt:O}')");

        Assert.Equal(1, await SweepAsync());
        Assert.Equal(1L, await _database.ScalarAsync("select count(*) from watchlist where user_id in ('user-0001', 'user-0700')"));
        Assert.Equal(1, await SweepAsync());
    }

    [Fact]
    public async Task A_silo_does_it_by_itself_within_a_day()
    {
        var erasedAt = await _database.NowAsync();
        await _silo.Users.EraseAsync(UserId.Parse("a"), erasedAt);
        await _database.ExecuteAsync($"insert into watchlist values ('a', gen_random_uuid(), '{erasedAt:O}')");
        await _silo.Sweep.StartAsync(_database.Limit);

        while (await _database.ScalarAsync("select count(*) from watchlist") is not 0L)
            _time.Advance(TimeSpan.FromHours(1));

        await _silo.Sweep.StopAsync(_database.Limit);
    }

    private async Task<int> SweepAsync()
    {
        var sweep = _silo.Sweep.SweepAsync(_database.Limit);
        while (!sweep.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await sweep;
    }
}
