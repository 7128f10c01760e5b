using System.Globalization;
using ContinueWatching.Contracts;
using ContinueWatching.Grains;
using ContinueWatching.Testing;

namespace ContinueWatching.Storage.Tests;

/// <summary>
/// What the statements cost Postgres, as it counts itself: whatever the length of a history, with statistics and without, with the
/// plans of the first executions and with the one kept for all later ones.
/// </summary>
public sealed class QueryCostTests : IAsyncLifetime
{
    private const int Repeats = 10; // the plan is settled after the fifth

    private readonly UserId _binger = UserId.Parse("user-2500");
    private ResumeDatabase _database = null!;

    public async Task InitializeAsync()
    {
        // Autovacuum must not bring statistics in the midst of a test.
        _database = await ResumeDatabase.CreateAsync();
        await _database.ExecuteAsync("alter table resume set (autovacuum_enabled = off)");
        await _database.ExecuteAsync("alter table title_mark set (autovacuum_enabled = off)");
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [InlineData(Table.OnlyTheBinger, false)]
    [InlineData(Table.OnlyTheBinger, true)]
    [InlineData(Table.ManySmallUsers, false)]
    [InlineData(Table.ManySmallUsers, true)]
    [InlineData(Table.FewGreatUsers, false)]
    [InlineData(Table.FewGreatUsers, true)]
    public async Task No_statement_reads_more_for_a_history_of_20_000_titles_or_scans_the_table(Table table, bool analyzed)
    {
        await FillAsync(table, analyzed);

        // 320 rows of an index and of its newest pages, 41 titles by their keys; whole, the history is 20 000 rows on 250 pages or more.
        Assert.InRange(await PagesPerCallAsync(silo => NewestAsync(silo, null)), 1, 600);
        var middle = new TitleCursor(Some.Noon.AddDays(-200), default);
        Assert.InRange(await PagesPerCallAsync(silo => NewestAsync(silo, middle)), 1, 1_800);
        Assert.InRange(await PagesPerCallAsync(silo => silo.Store.LoadTitlesAsync(
            _binger, [Title(1), Title(10_000), Title(20_000)], _database.Limit)), 1, 20);
        Assert.InRange(await PagesPerCallAsync(CommitAsync), 1, 60);
    }

    [Theory]
    [InlineData(Table.OnlyTheBinger, false)]
    [InlineData(Table.OnlyTheBinger, true)]
    [InlineData(Table.ManySmallUsers, false)]
    [InlineData(Table.ManySmallUsers, true)]
    [InlineData(Table.FewGreatUsers, false)]
    [InlineData(Table.FewGreatUsers, true)]
    public async Task No_statement_reads_more_of_the_marks_of_20_000_titles_or_scans_them(Table table, bool analyzed)
    {
        await FillAsync(table, analyzed);
        await FillMarksAsync(analyzed);

        // 41 titles by their keys, and whether there are any; whole, the marks of one user are 20 000 rows on 150 pages or more.
        Assert.InRange(await PagesPerCallAsync(silo => NewestAsync(silo, null), "title_mark"), 1, 250);
        Assert.InRange(await PagesPerCallAsync(silo => silo.Store.LoadNewestAsync(Some.User(), null, _database.Limit), "title_mark"), 1, 20);
        Assert.InRange(await PagesPerCallAsync(silo => silo.Store.LoadTitlesAsync(
            _binger, [Title(1), Title(10_000), Title(20_000)], _database.Limit), "title_mark"), 1, 20);
        Assert.InRange(await PagesPerCallAsync(MarkedCommitAsync, "title_mark"), 1, 30);
        Assert.InRange(await PagesPerCallAsync(ForgetAsync, "title_mark"), 1, 30);
        Assert.InRange(await PagesPerCallAsync(ForgetAsync, "resume"), 1, 30);
    }

    [Theory]
    [InlineData(Table.OnlyTheBinger, false)]
    [InlineData(Table.OnlyTheBinger, true)]
    [InlineData(Table.FewGreatUsers, true)]
    public async Task A_page_of_an_export_reads_its_own_titles(Table table, bool analyzed)
    {
        await FillAsync(table, analyzed);
        await FillMarksAsync(analyzed);

        // 500 titles by their keys, in either table.
        foreach (var name in new[] { "resume", "title_mark" })
            Assert.InRange(await PagesPerCallAsync(silo => silo.Users.LoadAllAsync(_binger, Some.Title(9_000), _database.Limit), name), 500, 3_500);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Great_batches_scan_no_table_either(bool analyzed)
    {
        await FillAsync(Table.ManySmallUsers, analyzed);
        var users = Enumerable.Range(1, 200).Select(number => UserId.Parse($"user-{number * 7}")).ToArray();
        UserId[] all = [.. Enumerable.Range(1, 500).Select(number => UserId.Parse($"user-{number}"))];

        await PagesPerCallAsync(silo => Task.WhenAll(users.Select(user => silo.Store.LoadNewestAsync(user, null, _database.Limit))));
        await PagesPerCallAsync(silo => Task.WhenAll(users.Select(user => silo.Store.LoadTitlesAsync(
            user, [.. Enumerable.Range(1, 100).Select(Some.Title)], _database.Limit))));
        await PagesPerCallAsync(silo => Task.WhenAll(all.Select(user => silo.Store.StoreAsync(Some.Write(
            user, Some.Title(1), Some.Register(1), evicted: Some.Register(1, device: Some.Phone))))));
    }

    [Fact]
    public async Task Heartbeats_are_HOT_updates()
    {
        // A server of its own: anybody's long transaction on it, in whatever database, keeps dead rows from being cleared away.
        await using var server = await TestPostgresServer.StartAsync();
        await using var database = await ResumeDatabase.CreateAsync(server);
        var silo = database.StartSilo();
        for (var second = 0; second < 1_000; second += 20)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(title =>
                silo.Store.StoreAsync(Some.Write(_binger, Some.Title(title + 1), Some.Register(second + title)))));
        }

        var (updated, hot) = await ReadAsync(
            database, silo, "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'resume'");

        Assert.Equal(980, updated);
        Assert.True(hot >= 0.95 * updated, $"{hot} of {updated} updates are HOT.");
    }

    private Task<TitlePage> NewestAsync(TestSilo silo, TitleCursor? before) => silo.Store.LoadNewestAsync(_binger, before, _database.Limit);

    private async Task CommitAsync(TestSilo silo) => Assert.True(await silo.Store.StoreAsync(Some.Write(
        _binger, Title(20_000), Some.Register(1), evicted: Some.Register(1, device: Some.Phone))));

    private async Task MarkedCommitAsync(TestSilo silo) => Assert.True(await silo.Store.StoreAsync(
        Some.Write(_binger, Title(20_000), Some.Register(1)) with { Marks = Some.Marks(changed: 1, completed: 1, count: 1) }));

    private async Task ForgetAsync(TestSilo silo) => Assert.True(await silo.Users.StoreMarksAsync(
        _binger, [(Title(19_999), Some.Marks(changed: 1, forgotten: 1))]));

    // The work of one silo on one connection, seen from the table's counters: no scan of it, and so many pages touched in each call.
    private async Task<double> PagesPerCallAsync(Func<TestSilo, Task> call, string table = "resume")
    {
        var counters =
            $"""
            select s.seq_scan, heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit
            from pg_stat_user_tables s join pg_statio_user_tables io using (relid) where s.relname = '{table}'
            """;
        var before = await ReadAsync(_database, silo: null, counters);
        var silo = _database.StartSilo(options => (options.LoadLanes, options.CommitLanes) = (1, 1));
        for (var repeat = 0; repeat < Repeats; repeat++)
            await call(silo);
        var after = await ReadAsync(_database, silo, counters);

        Assert.Equal(before.First, after.First);
        return (after.Second - before.Second) / (double)Repeats;
    }

    // A session's counts are there for all when it has ended.
    private static async Task<(long First, long Second)> ReadAsync(ResumeDatabase database, TestSilo? silo, string counters)
    {
        if (silo is not null)
            await silo.DisposeAsync();
        await database.UntilAloneAsync();
        var pair = (long[])(await database.ScalarAsync($"select array[a, b] from ({counters}) as pair (a, b)"))!;
        return (pair[0], pair[1]);
    }

    private async Task FillAsync(Table table, bool analyzed)
    {
        var (users, titles) = table switch
        {
            Table.ManySmallUsers => (20_000, 10),
            Table.FewGreatUsers => (700, 300),
            _ => (0, 0),
        };
        await _database.ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"""
             insert into resume (user_id, content_id, device_id, position_ms, watched_at)
             select 'user-' || u, lpad(to_hex(t), 32, '0')::uuid, 'tv', 1000, '2024-06-01 12:00Z'::timestamptz - t * interval '1 day'
             from generate_series(1, {titles}) as t, generate_series(1, {users}) as u where u <> 2500;
             insert into resume (user_id, content_id, device_id, position_ms, watched_at)
             select '{_binger}', lpad(to_hex(t * 7919 % 20011), 32, '0')::uuid, 'tv', 1000, '2024-06-01 12:00Z'::timestamptz - t * interval '30 min'
             from generate_series(1, 20000) as t
             """));
        if (analyzed)
            await _database.ExecuteAsync("vacuum analyze resume");
    }

    // Whoever has watched a title has seen it to its end.
    private async Task FillMarksAsync(bool analyzed)
    {
        await _database.ExecuteAsync(
            """
            insert into title_mark (user_id, content_id, completed_at, play_count, changed_at)
            select user_id, content_id, watched_at, 1, watched_at from resume
            """);
        if (analyzed)
            await _database.ExecuteAsync("vacuum analyze title_mark");
    }

    // The 20 000 titles of the binger, scattered over the index.
    private static ContentId Title(int number) => Some.Title(number * 7919 % 20_011);

    public enum Table
    {
        OnlyTheBinger,
        ManySmallUsers,
        FewGreatUsers,
    }
}
