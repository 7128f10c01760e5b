using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;

namespace ContinueWatching.Storage.Tests;

/// <summary>What a user does now and then, and what of it a waking grain reads.</summary>
public sealed class UserStoreTests(ResumeDatabase database) : IClassFixture<ResumeDatabase>
{
    private readonly UserId _user = Some.User();
    private readonly ContentId _title = Some.Title();
    private readonly TestSilo _silo = database.StartSilo();

    [Fact]
    public async Task Nothing_is_known_of_a_user_who_has_done_nothing()
    {
        var page = await WakeAsync();

        Assert.Equal(UserState.Unknown, page.User);
        Assert.Empty(page.Titles);
        Assert.Null(page.End);
    }

    [Fact]
    public async Task A_user_is_known_since_the_first_moment_however_often_they_are_created()
    {
        await _silo.Users.CreateAsync(_user, Some.Noon);
        await _silo.Users.CreateAsync(_user, Some.Noon.AddDays(1));

        Assert.Equal(new UserState { CreatedAt = Some.Noon }, (await WakeAsync()).User);
    }

    [Fact]
    public async Task A_waking_user_has_their_pause_back()
    {
        await _silo.Users.CreateAsync(_user, Some.Noon);
        var paused = new UserState { CreatedAt = Some.Noon }.Pause(paused: true, Some.Noon.AddSeconds(1));

        await _silo.Users.StorePauseAsync(_user, paused);
        Assert.Equal(paused, (await WakeAsync()).User);

        var over = paused.Pause(paused: false, Some.Noon.AddSeconds(2));
        await _silo.Users.StorePauseAsync(_user, over);
        Assert.Equal(over, (await WakeAsync()).User);
    }

    [Fact]
    public async Task A_pause_that_comes_late_from_a_silo_that_stood_still_does_not_stand()
    {
        await _silo.Users.CreateAsync(_user, Some.Noon);
        var paused = new UserState { CreatedAt = Some.Noon }.Pause(paused: true, Some.Noon.AddSeconds(1));
        var over = paused.Pause(paused: false, Some.Noon.AddSeconds(2));
        Assert.True(await _silo.Users.StorePauseAsync(_user, over));

        Assert.False(await _silo.Users.StorePauseAsync(_user, paused));

        Assert.Equal(over, (await WakeAsync()).User);
    }

    [Fact]
    public async Task An_erasure_that_goes_on_late_leaves_what_came_since_and_takes_what_another_clock_put_ahead_of_it()
    {
        var asked = await database.NowAsync();
        var (ahead, since) = (Some.Title(1), Some.Title(2));
        foreach (var (title, at) in new[] { (ahead, asked.AddSeconds(1.5)), (since, asked.AddSeconds(3)) })
        {
            var seconds = (at - Some.Noon).TotalSeconds;
            await _silo.Store.StoreAsync(Some.Write(_user, title, Some.Register(seconds)));
            await MarkAsync((title, Some.Marks(changed: seconds, hidden: seconds)));
            await _silo.Users.AddToWatchlistAsync(_user, [new WatchlistRecord(title, at)]);
        }

        await _silo.Users.CreateAsync(_user, asked.AddSeconds(3));

        var receipt = await _silo.Users.EraseAsync(_user, asked);

        Assert.Equal(asked.AddSeconds(1.5), receipt.ErasedAt);
        Assert.Equal((1, 1, 1, 0), (receipt.Rows["resume"], receipt.Rows["title_mark"], receipt.Rows["watchlist"], receipt.Rows["users"]));
        Assert.Equal(since, Assert.Single(await database.RegistersAsync(_user)).Content);
        Assert.Equal(since, Assert.Single(await database.MarksAsync(_user)).Key);
        Assert.Equal(since, Assert.Single(await WatchlistAsync()).ContentId);
        Assert.NotNull((await WakeAsync()).User.CreatedAt);
    }

    [Fact]
    public async Task A_pause_is_stored_of_a_user_whom_another_silo_has_erased_meanwhile()
    {
        await _silo.Users.CreateAsync(_user, Some.Noon);
        await _silo.Users.EraseAsync(_user, Some.Noon);

        await _silo.Users.StorePauseAsync(_user, new UserState { CreatedAt = Some.Noon }.Pause(paused: true, Some.Noon.AddSeconds(1)));

        Assert.True((await WakeAsync()).User.IsPaused);
    }

    [Fact]
    public async Task Titles_are_read_with_their_marks_be_it_by_pages_or_by_name()
    {
        var (marked, plain, unwatched) = (Some.Title(), Some.Title(), Some.Title());
        var marks = Some.Marks(changed: 20, completed: 10, count: 2, hidden: 11, forgotten: -5);
        await _silo.Store.StoreAsync(Some.Write(_user, marked, Some.Register(10)) with { Marks = marks });
        await _silo.Store.StoreAsync(Some.Write(_user, marked, Some.Register(9, device: Some.Phone)));
        await _silo.Store.StoreAsync(Some.Write(_user, plain, Some.Register(8)));
        await MarkAsync((unwatched, Some.Marks(changed: 30, completed: 30, count: 1)));

        var page = await WakeAsync();
        var named = await _silo.Store.LoadTitlesAsync(_user, [marked, plain, unwatched, Some.Title()], database.Limit);

        Assert.True(page.User.HasMarks);
        Assert.Equal([marked, plain], page.Titles.Select(title => title.ContentId));
        Assert.Equal([marks, TitleMarks.None], page.Titles.Select(title => title.Marks));
        Assert.Equal(2, page.Titles[0].Registers.Count());
        Assert.Equal(
            new[] { marked, plain, unwatched }.Order(), named.Select(title => title.ContentId));
        Assert.Equal(marks, named.Single(title => title.ContentId == marked).Marks);
        Assert.Equal(1, named.Single(title => title.ContentId == unwatched).Marks.PlayCount);
        Assert.True(named.Single(title => title.ContentId == unwatched).IsEmpty);
    }

    [Fact]
    public async Task Older_marks_lose_and_the_others_of_the_same_statement_stand()
    {
        var other = Some.Title();
        Assert.True(await MarkAsync((_title, Some.Marks(changed: 30, hidden: 30))));

        Assert.False(await MarkAsync((_title, Some.Marks(changed: 20, forgotten: 20)), (other, Some.Marks(changed: 20, hidden: 20))));

        var marks = await database.MarksAsync(_user);
        Assert.Equal(Some.Marks(changed: 30, hidden: 30), marks[_title]);
        Assert.Equal(Some.Marks(changed: 20, hidden: 20), marks[other]);
    }

    [Theory]
    [InlineData(19, 0)]
    [InlineData(20, 0)]
    [InlineData(20.001, 1)]
    public async Task Forgetting_deletes_the_places_up_to_its_moment_and_nothing_newer_or_of_others(double at, int left)
    {
        var (otherUser, otherTitle) = (Some.User(), Some.Title());
        foreach (var (user, title) in new[] { (_user, _title), (_user, otherTitle), (otherUser, _title) })
            await _silo.Store.StoreAsync(Some.Write(user, title, Some.Register(at)));

        Assert.True(await MarkAsync((_title, Some.Marks(changed: 25, forgotten: 20))));

        Assert.Equal(left, (await database.RegistersAsync(_user)).Count(row => row.Content == _title));
        Assert.Contains((otherTitle, Some.Register(at)), await database.RegistersAsync(_user));
        Assert.Single(await database.RegistersAsync(otherUser));
    }

    [Fact]
    public async Task Forgetting_that_loses_deletes_nothing()
    {
        await _silo.Store.StoreAsync(Some.Write(_user, _title, Some.Register(10)));
        await MarkAsync((_title, Some.Marks(changed: 30, hidden: 30)));

        Assert.False(await MarkAsync((_title, Some.Marks(changed: 20, forgotten: 20))));

        Assert.Single(await database.RegistersAsync(_user));
    }

    [Fact]
    public async Task A_place_of_before_that_a_lost_silo_stores_after_the_forgetting_stops_no_user_from_waking()
    {
        var titles = Enumerable.Range(1, 90).Select(Some.Title).ToArray();
        foreach (var (title, index) in titles.Select((title, index) => (title, index)))
            await _silo.Store.StoreAsync(Some.Write(_user, title, Some.Register(-index)));
        await MarkAsync([.. titles[30..60].Select(title => (title, Some.Marks(changed: 50, forgotten: 40)))]);
        foreach (var (title, index) in titles.Select((title, index) => (title, index)))
            await _silo.Store.StoreAsync(Some.Write(_user, title, Some.Register(-index)));

        var found = new List<ContentId>();
        TitleCursor? end = null;
        do
        {
            var page = await _silo.Store.LoadNewestAsync(_user, end, database.Limit);
            found.AddRange(page.Titles.Where(title => !title.IsEmpty).Select(title => title.ContentId));
            end = page.End;
        }
        while (end is not null);

        Assert.Equal([.. titles[..30], .. titles[60..]], found);
    }

    [Fact]
    public async Task The_watchlist_is_newest_first_and_what_is_on_it_stays_where_it_is()
    {
        var (first, second) = (Some.Title(), Some.Title());

        Assert.Equal(1, await ListAsync((first, 1)));
        Assert.Equal(1, await ListAsync((second, 2)));
        Assert.Equal(2, await ListAsync((first, 3), (second, 4)));

        Assert.Equal([Entry(second, 2), Entry(first, 1)], await WatchlistAsync());
        Assert.True(await _silo.Users.RemoveFromWatchlistAsync(_user, first, Some.Noon.AddSeconds(1)));
        Assert.False(await _silo.Users.RemoveFromWatchlistAsync(_user, first, Some.Noon.AddSeconds(1)));
        Assert.Equal([Entry(second, 2)], await WatchlistAsync());
    }

    [Fact]
    public async Task A_watchlist_takes_a_thousand_titles_in_their_order_and_not_one_more()
    {
        var titles = Enumerable.Range(1, 1_001).Select(Some.Title).ToArray();
        await _silo.Users.AddToWatchlistAsync(Some.User(), [Entry(titles[0], 1)]);

        Assert.Equal(600, await ListAsync([.. titles[..600].Select((title, index) => (title, (double)index))]));
        Assert.Equal(900, await ListAsync([.. titles[100..].Select((title, index) => (title, 1_000.0 + index))]));
        Assert.Equal(0, await ListAsync((titles[1_000], 9_000)));
        Assert.Equal(1, await ListAsync((titles[999], 9_000)));

        var list = await WatchlistAsync();
        Assert.Equal(titles[..1_000].Order(), list.Select(entry => entry.ContentId).Order());
        Assert.Contains(Entry(titles[100], 100), list);

        await _silo.Users.RemoveFromWatchlistAsync(_user, titles[500], DateTimeOffset.MaxValue);
        Assert.Equal(1, await ListAsync((titles[1_000], 9_000)));
        Assert.Equal(Entry(titles[1_000], 9_000), (await WatchlistAsync())[0]);
    }

    [Fact]
    public async Task All_that_is_held_is_read_in_pages_each_title_once_and_nothing_of_anybody_else()
    {
        var titles = Enumerable.Range(1, 1_300).Select(Some.Title).ToArray();
        var neighbours = new[] { UserId.Parse(_user.Value + "!"), UserId.Parse(_user.Value[..^1]) };
        await database.InsertAsync(titles[..900].SelectMany(title => new[]
        {
            Some.Write(_user, title, Some.Register(1, duration: 100)),
            Some.Write(_user, title, Some.Register(2, device: Some.Phone)),
        }));
        await MarkAsync([.. titles[600..].Select((title, index) => (title, Some.Marks(changed: 9, completed: 3, count: index + 1)))]);
        foreach (var neighbour in neighbours)
        {
            await database.InsertAsync([Some.Write(neighbour, Some.Title(2_000), Some.Register(1))]);
            await _silo.Users.StoreMarksAsync(neighbour, [(Some.Title(3_000), Some.Marks(changed: 1, hidden: 1))]);
        }

        var found = new List<TitleProgress>();
        ImmutableArray<TitleProgress> page;
        while (!(page = await _silo.Users.LoadAllAsync(_user, found.Count == 0 ? null : found[^1].ContentId, database.Limit)).IsEmpty)
        {
            Assert.True(page.Length <= Limits.TitlesInChunk);
            found.AddRange(page);
        }

        Assert.Equal(titles, found.Select(title => title.ContentId));
        foreach (var (title, index) in found.Select((title, index) => (title, index)))
        {
            Assert.Equal(index < 900 ? 2 : 0, title.Registers.Count());
            Assert.Equal(index < 600 ? 0 : index - 599, title.Marks.PlayCount);
        }
    }

    [Fact]
    public async Task An_erasure_counts_what_it_deletes_and_leaves_nothing_but_the_hash()
    {
        var other = Some.User();
        var now = await database.NowAsync();
        foreach (var user in new[] { _user, other })
        {
            for (var title = 1; title <= 3; title++)
                await _silo.Store.StoreAsync(Some.Write(user, Some.Title(title), Some.Register(1)) with { UserSince = Some.Noon });
            await _silo.Users.StoreMarksAsync(user, [(_title, Some.Marks(changed: 1, hidden: 1)), (Some.Title(1), Some.Marks(changed: 1, hidden: 1))]);
            await _silo.Users.AddToWatchlistAsync(user, [Entry(_title, 1)]);
        }

        var rows = (await _silo.Users.EraseAsync(_user, now)).Rows;

        Assert.Equal((3, 2, 1, 1), (rows["resume"], rows["title_mark"], rows["watchlist"], rows["users"]));
        Assert.Equal(["resume", "title_mark", "users", "watchlist"], rows.Keys.Order());
        foreach (var table in await TablesAsync())
        {
            Assert.Equal(0L, await database.ScalarAsync($"select count(*) from {table} as t where strpos(t::text, '{_user}') > 0"));
        }

        Assert.Equal(now, new DateTimeOffset((DateTime)(await database.ScalarAsync(
            $"select erased_at from tombstone where user_hash = sha256('{_user}')"))!));
        var page = await WakeAsync();
        Assert.Empty(page.Titles);
        Assert.Equal(new UserState { ErasedAt = now }, page.User);
        Assert.Equal(3, (await _silo.Store.LoadNewestAsync(other, before: null, database.Limit)).Titles.Length);
        Assert.Null((await _silo.Store.LoadNewestAsync(other, before: null, database.Limit)).User.ErasedAt);
    }

    [Fact]
    public async Task A_second_erasure_keeps_the_later_moment_and_counts_nothing_twice()
    {
        var now = await database.NowAsync();
        await _silo.Users.CreateAsync(_user, now);
        await _silo.Users.EraseAsync(_user, now);

        var again = (await _silo.Users.EraseAsync(_user, now.AddHours(-1))).Rows;

        Assert.All(again.Values, count => Assert.Equal(0, count));
        Assert.Equal(now, (await WakeAsync()).User.ErasedAt);
        await _silo.Users.EraseAsync(_user, now.AddMilliseconds(1));
        Assert.Equal(now.AddMilliseconds(1), (await WakeAsync()).User.ErasedAt);
    }

    [Fact]
    public async Task A_history_of_any_length_is_erased_and_counted_whole()
    {
        await database.ExecuteAsync($"""
            insert into resume (user_id, content_id, device_id, position_ms, watched_at)
            select '{_user}', gen_random_uuid(), d::text, 1000, now() from generate_series(1, 10001) t, generate_series(1, 2) d
            """);
        await _silo.Users.CreateAsync(_user, Some.Noon);

        var rows = (await _silo.Users.EraseAsync(_user, await database.NowAsync())).Rows;

        Assert.Equal((20_002, 0, 0, 1), (rows["resume"], rows["title_mark"], rows["watchlist"], rows["users"]));
        Assert.Empty(await database.RegistersAsync(_user));
    }

    [Fact]
    public async Task An_erasure_that_stops_half_way_shows_nothing_of_before_and_goes_on_when_it_is_asked_for_again()
    {
        var now = await database.NowAsync();
        var silo = database.StartSilo(options => options.CommandTimeout = TimeSpan.FromSeconds(1));
        await silo.Store.StoreAsync(Some.Write(_user, Some.Title(1), Some.Register(1)) with { UserSince = Some.Noon });
        await MarkAsync((Some.Title(2), Some.Marks(changed: 1, hidden: 1)));
        await using (await database.HoldAsync($"select from title_mark where user_id = '{_user}' for update"))
        {
            var stopped = await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Users.EraseAsync(_user, now));
            Assert.True(stopped.OutcomeUnknown);
        }

        var page = await WakeAsync();
        Assert.Equal(new UserState { ErasedAt = now }, page.User with { HasMarks = false });
        Assert.Empty(page.Titles);
        var rest = (await silo.Users.EraseAsync(_user, now)).Rows;
        Assert.Equal((0, 1, 0), (rest["resume"], rest["title_mark"], rest["users"]));
    }

    [Fact]
    public async Task Rare_writes_that_all_wait_are_refused_in_time_and_take_no_connection_from_reports()
    {
        var silo = database.StartSilo(
            options => (options.UserConnections, options.QueueTime) = (1, TimeSpan.FromMilliseconds(200)), settings: ";Maximum Pool Size=2");
        await MarkAsync((_title, Some.Marks(changed: 1, hidden: 1)));
        Task<bool> waiting;
        await using (await database.HoldAsync($"select from title_mark where user_id = '{_user}' for update"))
        {
            waiting = silo.Users.StoreMarksAsync(_user, [(_title, Some.Marks(changed: 2, hidden: 2))]);

            var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Users.CreateAsync(Some.User(), Some.Noon));
            Assert.False(refused.OutcomeUnknown);
            Assert.True(await silo.Store.StoreAsync(Some.Write()));
        }

        Assert.True(await waiting);
        await silo.Users.CreateAsync(Some.User(), Some.Noon);
    }

    [Fact]
    public async Task Erasing_again_deletes_what_came_up_to_the_moment_and_nothing_later()
    {
        var (before, after) = (Some.Title(1), Some.Title(2));
        var erasedAt = Some.Noon.AddSeconds(100);
        foreach (var (title, at) in new[] { (before, 100.0), (after, 100.001) })
        {
            await _silo.Store.StoreAsync(Some.Write(_user, title, Some.Register(at)));
            await MarkAsync((title, Some.Marks(changed: at, hidden: at)));
            await ListAsync((title, at));
        }

        await _silo.Users.CreateAsync(_user, erasedAt);

        Assert.Equal(4, await _silo.Users.EraseAgainAsync(_user, erasedAt));

        Assert.Equal(after, Assert.Single(await database.RegistersAsync(_user)).Content);
        Assert.Equal(after, Assert.Single(await database.MarksAsync(_user)).Key);
        Assert.Equal(after, Assert.Single(await WatchlistAsync()).ContentId);
        Assert.Null((await WakeAsync()).User.CreatedAt);
        Assert.Equal(0, await _silo.Users.EraseAgainAsync(_user, erasedAt));
    }

    [Fact]
    public async Task What_a_lost_silo_has_written_of_before_an_erasure_counts_for_nothing_until_it_is_erased_again()
    {
        var erasedAt = await database.NowAsync();
        await _silo.Users.EraseAsync(_user, erasedAt);
        await database.ExecuteAsync($"""
            insert into users (user_id, created_at, paused_from) values ('{_user}', '{erasedAt:O}', '{erasedAt:O}');
            insert into watchlist (user_id, content_id, added_at) select '{_user}', gen_random_uuid(), '{erasedAt:O}' from generate_series(2, 1000);
            insert into watchlist (user_id, content_id, added_at) values ('{_user}', '{_title.Value}', '{erasedAt:O}')
            """);

        Assert.Equal(new UserState { ErasedAt = erasedAt }, (await WakeAsync()).User);
        var anew = new WatchlistRecord(_title, erasedAt.AddSeconds(1));
        Assert.Equal(2, await _silo.Users.AddToWatchlistAsync(_user, [anew, new WatchlistRecord(Some.Title(), erasedAt.AddSeconds(2))]));
        Assert.Contains(anew, await WatchlistAsync());
        Assert.Equal(1_000, await _silo.Users.EraseAgainAsync(_user, erasedAt));
        Assert.Equal(2, (await WatchlistAsync()).Length);
    }

    [Fact]
    public async Task Many_users_who_wake_in_one_statement_get_each_their_own_state()
    {
        var users = Enumerable.Range(0, 30).Select(_ => Some.User()).ToArray();
        var now = await database.NowAsync();
        foreach (var (user, index) in users.Select((user, index) => (user, index)))
        {
            if (index % 2 == 0)
                await _silo.Users.CreateAsync(user, Some.Noon.AddSeconds(index));
            if (index % 3 == 0)
                await _silo.Users.StoreMarksAsync(user, [(_title, Some.Marks(changed: 1, hidden: 1))]);
            if (index % 5 == 1)
                await _silo.Users.EraseAsync(user, now.AddSeconds(-index));
        }

        // Pages further down, which tell nothing of the user, are read with them.
        var further = users.Select(user => _silo.Store.LoadNewestAsync(user, new TitleCursor(Some.Noon, default), database.Limit)).ToArray();
        var pages = await Task.WhenAll(users.Select(user => _silo.Store.LoadNewestAsync(user, before: null, database.Limit)));

        for (var index = 0; index < users.Length; index++)
        {
            var erased = index % 5 == 1;
            var state = new UserState
            {
                CreatedAt = index % 2 == 0 && !erased ? Some.Noon.AddSeconds(index) : null,
                HasMarks = index % 3 == 0 && !erased,
                ErasedAt = erased ? now.AddSeconds(-index) : null,
            };
            Assert.Equal(state, pages[index].User);
            Assert.Equal(UserState.Unknown, (await further[index]).User);
        }
    }

    private Task<TitlePage> WakeAsync() => _silo.Store.LoadNewestAsync(_user, before: null, database.Limit);

    private Task<bool> MarkAsync(params (ContentId, TitleMarks)[] marks) => _silo.Users.StoreMarksAsync(_user, [.. marks]);

    private Task<int> ListAsync(params (ContentId Title, double At)[] entries) =>
        _silo.Users.AddToWatchlistAsync(_user, [.. entries.Select(entry => Entry(entry.Title, entry.At))]);

    private async Task<WatchlistRecord[]> WatchlistAsync() => [.. await _silo.Users.LoadWatchlistAsync(_user, database.Limit)];

    private async Task<string[]> TablesAsync() => (string[])(await database.ScalarAsync(
        "select array_agg(format('%I.%I', schemaname, tablename)) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"))!;

    private static WatchlistRecord Entry(ContentId title, double at) => new(title, Some.Noon.AddSeconds(at));
}
