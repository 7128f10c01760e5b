using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;

namespace ContinueWatching.Storage.Tests;

/// <summary>What a report may rely on when its commit is acknowledged, with two silos on one database.</summary>
public sealed class CommitWriterTests(ResumeDatabase database) : IClassFixture<ResumeDatabase>
{
    private readonly UserId _user = Some.User();
    private readonly ContentId _title = Some.Title();
    private readonly IResumeStore _silo = database.StartSilo().Store;
    private readonly IResumeStore _otherSilo = database.StartSilo().Store;

    [Fact]
    public async Task An_acknowledged_report_is_in_the_table_to_the_millisecond()
    {
        var register = new Register(
            Some.Tv, Some.Noon.AddMilliseconds(1), TimeSpan.FromMilliseconds(61_007), TimeSpan.FromSeconds(1_000_000));

        Assert.True(await _silo.StoreAsync(Some.Write(_user, _title, register)));

        Assert.Equal((_title, register), Assert.Single(await database.RegistersAsync(_user)));
    }

    [Fact]
    public async Task A_place_beyond_what_a_column_holds_is_refused_and_not_stored_as_another()
    {
        // No report carries it (1 000 000 s at most); cut to 32 bits it would be a quarter of an hour.
        var beyond = TimeSpan.FromMilliseconds((1L << 32) + 900_000);

        await Assert.ThrowsAsync<OverflowException>(
            () => _silo.StoreAsync(Some.Write(_user, _title, Some.Register(0) with { Position = beyond })));

        Assert.Empty(await database.RegistersAsync(_user));
    }

    [Theory]
    [InlineData("2024-06-01T23:59:59.999Z", "2024-06-01")]
    [InlineData("2024-06-02T00:00:00.000Z", "2024-06-02")]
    [InlineData("2024-06-02T01:30:00.000+02:00", "2024-06-01")]
    public async Task The_day_of_a_report_is_the_day_in_UTC_whatever_the_sessions_zone(string moment, string day)
    {
        var silo = database.StartSilo(settings: ";Timezone=Pacific/Auckland").Store;
        var at = DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture);

        await silo.StoreAsync(Some.Write(_user, _title, Some.Register(0) with { WatchedAt = at.ToUniversalTime() }));

        Assert.Equal(day, await database.ScalarAsync($"select watched_on::text from resume where user_id = '{_user}'"));
    }

    [Fact]
    public async Task The_empty_device_has_a_register_of_its_own()
    {
        await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(0, device: default(DeviceId))));
        await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(0)));

        Assert.Equal(["", "tv"], (await database.RegistersAsync(_user)).Select(row => row.Register.DeviceId.Value));
    }

    [Fact]
    public async Task An_older_report_of_another_silo_loses_and_its_writer_learns_so()
    {
        Assert.True(await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(10, position: 500))));
        Assert.False(await _otherSilo.StoreAsync(Some.Write(_user, _title, Some.Register(9, position: 900))));

        Assert.Equal(Some.Register(10, position: 500), await TheRegisterAsync());
    }

    [Fact]
    public async Task Of_reports_of_one_moment_the_greater_position_wins_in_either_order()
    {
        var otherTitle = Some.Title();

        Assert.True(await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(0, position: 100))));
        Assert.True(await _otherSilo.StoreAsync(Some.Write(_user, _title, Some.Register(0, position: 200))));
        Assert.True(await _silo.StoreAsync(Some.Write(_user, otherTitle, Some.Register(0, position: 200))));
        Assert.False(await _otherSilo.StoreAsync(Some.Write(_user, otherTitle, Some.Register(0, position: 100))));

        Assert.All(await database.RegistersAsync(_user), row => Assert.Equal(Some.Register(0, position: 200), row.Register));
    }

    [Fact]
    public async Task A_repeat_of_what_is_stored_counts_as_stored()
    {
        var write = Some.Write(_user, _title, Some.Register(0));

        Assert.True(await _silo.StoreAsync(write));
        Assert.True(await _silo.StoreAsync(write));
        Assert.True(await _otherSilo.StoreAsync(write));

        Assert.Equal(write.Register, await TheRegisterAsync());
    }

    [Fact]
    public async Task An_absent_duration_keeps_the_known_one_and_a_new_one_replaces_it()
    {
        await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(0, duration: 3600)));
        await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(1, position: 70)));
        Assert.Equal(Some.Register(1, position: 70, duration: 3600), await TheRegisterAsync());

        await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(2, duration: 3500)));
        Assert.Equal(Some.Register(2, duration: 3500), await TheRegisterAsync());
    }

    [Fact]
    public async Task A_losing_report_leaves_the_duration_alone()
    {
        await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(10, duration: 3600)));
        Assert.False(await _otherSilo.StoreAsync(Some.Write(_user, _title, Some.Register(9, duration: 1800))));

        Assert.Equal(Some.Register(10, duration: 3600), await TheRegisterAsync());
    }

    [Theory]
    [InlineData(10, 60, 0)]
    [InlineData(9, 900, 0)]
    [InlineData(10, 59, 0)]
    [InlineData(11, 10, 1)]
    [InlineData(10, 61, 1)]
    public async Task An_eviction_deletes_what_it_knows_or_older_and_nothing_newer(double storedAt, double storedPosition, int left)
    {
        var known = Some.Register(10, position: 60, device: Some.Phone);
        await _otherSilo.StoreAsync(Some.Write(
            _user, _title, Some.Register(storedAt, position: storedPosition, device: Some.Phone)));

        Assert.True(await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(20), evicted: known)));

        var devices = (await database.RegistersAsync(_user)).Select(row => row.Register.DeviceId);
        Assert.Equal(1 + left, devices.Count());
        Assert.Equal(left == 1, devices.Contains(Some.Phone));
    }

    [Fact]
    public async Task An_eviction_touches_neither_other_titles_nor_other_users()
    {
        var evicted = Some.Register(0, device: Some.Phone);
        var (otherUser, otherTitle) = (Some.User(), Some.Title());
        foreach (var (user, title) in new[] { (_user, _title), (_user, otherTitle), (otherUser, _title) })
            await _silo.StoreAsync(Some.Write(user, title, evicted));

        await _silo.StoreAsync(Some.Write(_user, _title, Some.Register(1), evicted));

        Assert.Single(await database.RegistersAsync(otherUser));
        Assert.Equal(2, (await database.RegistersAsync(_user)).Count);
        Assert.DoesNotContain((_title, evicted), await database.RegistersAsync(_user));
    }

    [Fact]
    public async Task An_eviction_and_its_report_are_one_commit()
    {
        await using var own = await ResumeDatabase.CreateAsync();
        var evicted = Some.Register(0, device: Some.Phone);
        var silo = own.StartSilo().Store;
        await silo.StoreAsync(Some.Write(_user, _title, evicted));
        await own.ExecuteAsync("alter table resume add check (device_id <> 'refused')");

        await Assert.ThrowsAsync<InvalidOperationException>(() => silo.StoreAsync(
            Some.Write(_user, _title, Some.Register(1, device: DeviceId.Parse("refused")), evicted)));

        Assert.Equal((_title, evicted), Assert.Single(await own.RegistersAsync(_user)));
    }

    [Fact]
    public async Task A_report_that_evicts_its_own_register_is_refused_at_the_door()
    {
        var write = Some.Write(_user, _title, Some.Register(1), evicted: Some.Register(0));

        await Assert.ThrowsAsync<ArgumentException>(() => _silo.StoreAsync(write));

        Assert.True(await _silo.StoreAsync(write with { Evicted = null }));
    }

    [Fact]
    public async Task Several_reports_of_one_register_in_one_batch_end_with_the_newest_and_all_are_answered()
    {
        var silo = database.StartSilo(options => options.CommitLanes = 1).Store;
        int[] seconds = [3, 1, 5, 5, 2, 4];

        var answers = await database.InOneBatchAsync(
            silo, seconds.Select(second => Some.Write(_user, _title, Some.Register(second, position: 60 + second))));

        Assert.Equal([true, false, true, true, false, false], answers);
        Assert.Equal(Some.Register(5, position: 65), await TheRegisterAsync());
    }

    [Fact]
    public async Task A_report_and_its_eviction_by_another_in_one_batch_end_as_one_after_the_other()
    {
        var silo = database.StartSilo(options => options.CommitLanes = 1).Store;
        var phone = Some.Register(0, device: Some.Phone);
        var phoneAgain = Some.Register(9, device: Some.Phone);

        var answers = await database.InOneBatchAsync(
            silo,
            [
                Some.Write(_user, _title, phone),
                Some.Write(_user, _title, Some.Register(1), evicted: phone),
                Some.Write(_user, _title, phoneAgain, evicted: Some.Register(1)),
            ]);

        Assert.Equal([true, true, true], answers);
        Assert.Equal(phoneAgain, await TheRegisterAsync());
    }

    [Fact]
    public async Task Silos_that_write_the_same_registers_in_adverse_orders_end_at_the_newest()
    {
        var silos = Enumerable.Range(0, 4).Select(_ => database.StartSilo(options => options.CommitLanes = 4).Store).ToArray();
        var users = Enumerable.Range(0, 20).Select(_ => Some.User()).ToArray();
        var writes = Enumerable.Range(0, 4_000).Select(number => Some.Write(
            users[number * 7 % users.Length], Some.Title(1 + (number * 11 % 3)), Some.Register(number * 7919 % 1009, number * 31 % 997 + 1)))
            .ToArray();

        await Task.WhenAll(silos.Select((silo, index) => Task.WhenAll(
            (index % 2 == 0 ? writes : writes.Reverse()).Select(silo.StoreAsync))));

        foreach (var user in users)
        {
            var expected = writes.Where(write => write.User == user).GroupBy(write => write.ContentId)
                .Select(title => (title.Key, title.Select(write => write.Register).Aggregate((left, right) => left.Merge(right))));
            Assert.Equal(expected.OrderBy(row => row.Key), await database.RegistersAsync(user));
        }
    }

    [Fact]
    public async Task Silos_that_evict_what_the_others_write_all_get_their_answers()
    {
        var silos = Enumerable.Range(0, 4).Select(_ => database.StartSilo(options => options.CommitLanes = 1).Store).ToArray();
        var devices = Enumerable.Range(0, 4).Select(number => DeviceId.Parse($"device-{number}")).ToArray();
        var titles = Enumerable.Range(1, 50).Select(Some.Title).ToArray();

        // Each writes one device's register and evicts the next one's, in a ring: the locks cross.
        await Task.WhenAll(silos.SelectMany((silo, index) => Enumerable.Range(0, 10).SelectMany(round => titles.Select(title =>
            silo.StoreAsync(Some.Write(
                _user,
                title,
                Some.Register(round, device: devices[index]),
                evicted: Some.Register(round, device: devices[(index + 1) % 4])))))));

        Assert.All(await database.RegistersAsync(_user), row => Assert.Equal(Some.Register(9).WatchedAt, row.Register.WatchedAt));
    }

    [Fact]
    public async Task Reports_that_come_while_a_commit_is_under_way_share_the_next_one()
    {
        await using var own = await ResumeDatabase.CreateAsync();
        var silo = own.StartSilo(options => options.CommitLanes = 1);
        await silo.Store.StoreAsync(Some.Write());
        await own.ExecuteAsync(
            """
            create table statement (rows bigint);
            create function note() returns trigger language plpgsql as
              $$ begin insert into statement select count(*) from stored; return null; end $$;
            create trigger note after insert on resume referencing new table as stored for each statement execute function note();
            """);

        await own.InOneBatchAsync(silo.Store, Enumerable.Range(0, 500).Select(_ => Some.Write()));

        Assert.Equal(500L, await own.ScalarAsync("select max(rows) from statement"));
        Assert.Equal(3L, await own.ScalarAsync("select count(*) from statement")); // two of them held up the lane
    }

    private async Task<Register> TheRegisterAsync() => Assert.Single(await database.RegistersAsync(_user)).Register;
}
