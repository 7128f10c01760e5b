using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;
using ContinueWatching.Testing;
using CsCheck;

namespace ContinueWatching.Storage.Tests;

/// <summary>What a waking grain reads: each title once, whole, newest first, whatever the history looks like.</summary>
public sealed class ResumeLoaderTests(ResumeDatabase database) : IClassFixture<ResumeDatabase>
{
    private static readonly DeviceId[] Devices =
        [default, .. Enumerable.Range(1, 7).Select(number => DeviceId.Parse($"device-{number}"))];

    // Few days and few moments of each, midnight and its neighbours among them, so that much of it meets.
    private static readonly TimeSpan[] Moments =
        [TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(12), TimeSpan.FromDays(1) - TimeSpan.FromMilliseconds(1)];

    private static readonly Gen<(int Title, Register Register)> AnyRow = Gen.Select(
        Gen.Int[1, 150], Gen.Int[0, 7], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[1, 3],
        (title, device, day, moment, position) => (title, new Register(
            Devices[device],
            new DateTimeOffset(2024, 2, 26, 0, 0, 0, TimeSpan.Zero).AddDays(day) + Moments[moment],
            TimeSpan.FromSeconds(position),
            position == 1 ? null : TimeSpan.FromSeconds(100))));

    private readonly UserId _user = Some.User();
    private readonly TestSilo _silo = database.StartSilo();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(39)]
    [InlineData(40)]
    [InlineData(41)]
    [InlineData(500)]
    [InlineData(2_000)]
    public async Task Pages_hold_every_title_once_from_the_newest_to_the_oldest(int titles)
    {
        var history = Enumerable.Range(1, titles).Select(number => (
            Some.Title(number), Some.Register(TimeSpan.FromHours(number * 7919 % 2003).TotalSeconds))).ToArray();

        await AssertPagesAsync(history);
    }

    [Theory]
    [InlineData(39)]
    [InlineData(40)]
    [InlineData(41)]
    [InlineData(100)]
    public async Task Titles_with_a_register_of_every_device_on_another_day_are_whole(int titles)
    {
        var history = Enumerable.Range(1, titles).SelectMany(title => Devices.Select((device, index) => (
            Some.Title(title),
            Some.Register(TimeSpan.FromDays((title * 31 % 97) + (index * 37)).TotalSeconds, device: device)))).ToArray();

        await AssertPagesAsync(history);
    }

    [Fact]
    public async Task Many_titles_of_one_day_and_of_one_moment_are_paged_by_their_ids() => await AssertPagesAsync(
        [
            .. Enumerable.Range(1, 500).Select(title => (Some.Title(title), Some.Register(0))),
            .. Enumerable.Range(501, 100).Select(title => (Some.Title(title), Some.Register(title))),
        ]);

    [Fact]
    public async Task Titles_at_midnight_belong_to_the_day_that_begins() => await AssertPagesAsync(
        [.. Enumerable.Range(1, 900).Select(title => (
            Some.Title(title), Some.Register(TimeSpan.FromHours(12 + (24 * (title / 9))).TotalSeconds)))]);

    [Fact]
    public async Task Old_registers_of_titles_watched_since_fill_no_later_page_and_end_no_walk() => await AssertPagesAsync(
        [
            // 100 titles watched today on one device, and each of the days before on another: pages without a title of their own.
            .. Enumerable.Range(1, 100).SelectMany(title => Devices.Select((device, index) => (
                Some.Title(title),
                Some.Register(-TimeSpan.FromDays(index * 3).TotalSeconds + title, device: device)))),
            .. Enumerable.Range(101, 10).Select(title => (Some.Title(title), Some.Register(-TimeSpan.FromDays(100).TotalSeconds))),
        ]);

    [Fact]
    public void Any_history_is_read_as_a_naive_model_reads_it() => AnyRow.Array[0, 700].Sample(
        rows => AssertPagesAsync(
            [.. rows.DistinctBy(row => (row.Title, row.Register.DeviceId)).Select(row => (Some.Title(row.Title), row.Register))],
            Some.User()).GetAwaiter().GetResult(),
        iter: 60,
        threads: 2);

    [Fact]
    public async Task A_walk_that_begins_anywhere_reads_what_is_older_and_nothing_else()
    {
        var history = Enumerable.Range(1, 120).Select(title => (
            Id: Some.Title(title), Register: Some.Register(TimeSpan.FromHours(6 * (title / 3)).TotalSeconds))).ToArray();
        await InsertAsync(_user, history);

        foreach (var (id, register) in history)
        {
            var before = new TitleCursor(register.WatchedAt, id);
            var page = await _silo.Store.LoadNewestAsync(_user, before, database.Limit);
            var between = await _silo.Store.LoadNewestAsync(_user, before with { ContentId = default }, database.Limit);

            Assert.Equal(Model(history, title => TitleCursor.Of(title).IsOlderThan(before)).Take(40), Flat(page.Titles));
            Assert.Equal(Model(history, title => title.ResumePoint.WatchedAt < register.WatchedAt).Take(40), Flat(between.Titles));
        }
    }

    [Fact]
    public async Task Users_whose_ids_are_alike_see_nothing_of_each_other()
    {
        var users = new[] { "1", "01", "10", "a", "A", "cafe", "CAFE" }.Select(UserId.Parse).ToArray();
        foreach (var (user, index) in users.Select((user, index) => (user, index)))
            await InsertAsync(user, [(Some.Title(1), Some.Register(index, position: index + 1)), (Some.Title(100 + index), Some.Register(0))]);

        var pages = await Task.WhenAll(users.Select(user => _silo.Store.LoadNewestAsync(user, before: null, database.Limit)));
        var shared = await Task.WhenAll(users.Select(user => _silo.Store.LoadTitlesAsync(user, [Some.Title(1)], database.Limit)));

        for (var index = 0; index < users.Length; index++)
        {
            ContentId[] own = [Some.Title(1), Some.Title(100 + index)];
            Assert.Equal(own, pages[index].Titles.Select(title => title.ContentId).Order());
            Assert.Equal(Some.Register(index, position: index + 1), Assert.Single(shared[index]).ResumePoint);
        }
    }

    [Fact]
    public async Task Named_titles_are_read_whole_and_no_others()
    {
        var history = Enumerable.Range(1, 50).SelectMany(title => Devices.Take(1 + (title % 8)).Select((device, index) => (
            Id: Some.Title(title), Register: Some.Register(title - (86_400 * index), device: device)))).ToArray();
        await InsertAsync(_user, history);
        await InsertAsync(Some.User(), [(Some.Title(51), Some.Register(0))]);
        ImmutableArray<ContentId> asked = [Some.Title(7), Some.Title(51), Some.Title(3), Some.Title(50), Some.Title(7), Some.Title(999)];

        var titles = await _silo.Store.LoadTitlesAsync(_user, asked, database.Limit);

        Assert.Equal(Model(history, title => asked.Contains(title.ContentId)), Flat(titles.Sort(Row.NewestFirst)));
        Assert.Empty(await _silo.Store.LoadTitlesAsync(_user, [], database.Limit));
    }

    [Fact]
    public async Task A_title_with_more_registers_than_it_may_keep_is_read_with_its_newest()
    {
        // Two silos that held one user for a moment, each with its own ninth device.
        var registers = Enumerable.Range(0, 10).Select(number => Some.Register(number, device: DeviceId.Parse($"d{number}"))).ToArray();
        await InsertAsync(_user, [.. registers.Select(register => (Some.Title(1), register))]);

        var page = await _silo.Store.LoadNewestAsync(_user, before: null, database.Limit);

        Assert.Equal(registers.Reverse().Take(8), Assert.Single(page.Titles).Registers);
    }

    [Fact]
    public async Task Three_hundred_users_who_wake_at_once_are_read_in_a_few_statements()
    {
        await using var own = await ResumeDatabase.CreateAsync();
        var silo = own.StartSilo(options => (options.LoadLanes, options.LoadBatch) = (1, 200));
        var users = Enumerable.Range(0, 300).Select(_ => Some.User()).ToArray();
        foreach (var (user, index) in users.Select((user, index) => (user, index)))
            await InsertAsync(own, user, [.. Enumerable.Range(1, index % 7).Select(title => (Some.Title(title), Some.Register(index)))]);
        using var statements = new StatementCount(own.ConnectionString);

        // The first waits for the lock with whoever came as early; the others have queued by then.
        await using var hold = await own.HoldAsync("lock table resume in access exclusive mode");
        var first = silo.Store.LoadNewestAsync(users[0], before: null, own.Limit);
        await own.UntilBlockedAsync(hold);
        var waiting = users.Select(user => silo.Store.LoadNewestAsync(user, before: null, own.Limit)).ToArray();
        await hold.DisposeAsync();
        await first;
        var pages = await Task.WhenAll(waiting);

        for (var index = 0; index < users.Length; index++)
        {
            Assert.Equal(index % 7, pages[index].Titles.Length);
            Assert.All(pages[index].Titles, title => Assert.Equal(Some.Register(index), title.ResumePoint));
        }

        Assert.Equal(3, statements.Value); // the one that waited, 200, 100
    }

    [Fact]
    public async Task Whoever_asks_for_titles_while_others_are_read_shares_the_next_statement()
    {
        await using var own = await ResumeDatabase.CreateAsync();
        var silo = own.StartSilo(options => options.LoadLanes = 1);
        var users = Enumerable.Range(0, 150).Select(_ => Some.User()).ToArray();
        foreach (var (user, index) in users.Select((user, index) => (user, index)))
            await InsertAsync(own, user, [(Some.Title(index + 1), Some.Register(index))]);
        using var statements = new StatementCount(own.ConnectionString);

        await using var hold = await own.HoldAsync("lock table resume in access exclusive mode");
        var first = silo.Store.LoadTitlesAsync(users[0], [Some.Title(1)], own.Limit);
        await own.UntilBlockedAsync(hold);
        var waiting = users.Select((user, index) => silo.Store.LoadTitlesAsync(
            user, [Some.Title(index + 1), Some.Title(index + 2), Some.Title(index + 3)], own.Limit)).ToArray();
        await hold.DisposeAsync();
        await first;
        var answers = await Task.WhenAll(waiting);

        for (var index = 0; index < users.Length; index++)
            Assert.Equal(Some.Register(index), Assert.Single(answers[index]).ResumePoint);
        Assert.Equal(2, statements.Value);
    }

    [Fact]
    public async Task Whole_watchlists_that_are_read_together_are_read_in_statements_of_a_bearable_size()
    {
        await using var own = await ResumeDatabase.CreateAsync();
        var silo = own.StartSilo(options => options.LoadLanes = 1);
        var users = Enumerable.Range(0, 6).Select(_ => Some.User()).ToArray();
        var watchlist = Enumerable.Range(1, Limits.Watchlist).Select(Some.Title).ToImmutableArray();
        foreach (var (user, index) in users.Select((user, index) => (user, index)))
            await InsertAsync(own, user, [(Some.Title(index + 1), Some.Register(index))]);
        using var statements = new StatementCount(own.ConnectionString);

        await using var hold = await own.HoldAsync("lock table resume in access exclusive mode");
        var first = silo.Store.LoadTitlesAsync(users[0], [Some.Title(1)], own.Limit);
        await own.UntilBlockedAsync(hold);
        var waiting = users.Select(user => silo.Store.LoadTitlesAsync(user, watchlist, own.Limit)).ToArray();
        await hold.DisposeAsync();
        await first;
        var answers = await Task.WhenAll(waiting);

        for (var index = 0; index < users.Length; index++)
            Assert.Equal(Some.Register(index), Assert.Single(answers[index]).ResumePoint);
        Assert.Equal(1 + 3, statements.Value);
    }

    [Fact]
    public async Task A_database_that_fails_a_read_fails_all_who_share_it()
    {
        await using var own = await ResumeDatabase.CreateAsync();
        var silo = own.StartSilo();
        await own.ExecuteAsync("alter table resume rename to elsewhere");

        await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Store.LoadNewestAsync(_user, before: null, own.Limit));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Store.LoadTitlesAsync(_user, [Some.Title()], own.Limit));
        await own.ExecuteAsync("alter table elsewhere rename to resume");

        Assert.Empty((await silo.Store.LoadNewestAsync(_user, before: null, own.Limit)).Titles);
        Assert.Empty(await silo.Store.LoadTitlesAsync(_user, [Some.Title()], own.Limit));
    }

    private Task AssertPagesAsync((ContentId, Register)[] history) => AssertPagesAsync(history, _user);

    private async Task AssertPagesAsync((ContentId Id, Register Register)[] history, UserId user)
    {
        // A neighbour on either side, in the order of the keys: a walk that leaves its user would meet them.
        await InsertAsync(user, history);
        await InsertAsync(UserId.Parse(user.Value + "!"), [(Some.Title(1), Some.Register(0))]);
        await InsertAsync(UserId.Parse(user.Value[..^1]), [(Some.Title(1), Some.Register(0))]);

        var walked = new List<(ContentId, string)>();
        TitleCursor? place = null;
        do
        {
            var page = await _silo.Store.LoadNewestAsync(user, place, database.Limit);
            Assert.True(page.Titles.Length <= TitlePage.Size);
            Assert.All(page.Titles, title => Assert.True(place is not { } before || TitleCursor.Of(title).IsOlderThan(before)));
            Assert.All(page.Titles, title => Assert.True(page.End is not { } end || !TitleCursor.Of(title).IsOlderThan(end)));
            Assert.True(place is not { } last || page.End is not { } next || next.IsOlderThan(last), "The walk stands still.");
            walked.AddRange(Flat(page.Titles.Sort(Row.NewestFirst)));
            place = page.End;
        }
        while (place is not null);

        Assert.Equal(Model(history, _ => true), walked);
    }

    private static IEnumerable<(ContentId, string)> Model((ContentId Id, Register Register)[] history, Func<TitleProgress, bool> filter) =>
        Flat(history.GroupBy(row => row.Id)
            .Select(title => title.Aggregate(TitleProgress.Unwatched(title.Key), (merged, row) => merged.Merge(row.Register)))
            .Where(filter)
            .Order(Row.NewestFirst));

    private static IEnumerable<(ContentId, string)> Flat(IEnumerable<TitleProgress> titles) =>
        titles.Select(title => (title.ContentId, string.Join("; ", title.Registers)));

    private Task InsertAsync(UserId user, (ContentId, Register)[] history) => InsertAsync(database, user, history);

    private static Task InsertAsync(ResumeDatabase into, UserId user, (ContentId Id, Register Register)[] history) =>
        into.InsertAsync(history.Select(row => Some.Write(user, row.Id, row.Register)));
}
