using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;

namespace ContinueWatching.Storage.Tests;

/// <summary>What is committed together with a report: the title's marks, and that the user is known.</summary>
public sealed class MarkedReportTests(ResumeDatabase database) : IClassFixture<ResumeDatabase>
{
    private readonly UserId _user = Some.User();
    private readonly ContentId _title = Some.Title();
    private readonly IResumeStore _silo = database.StartSilo(options => options.CommitLanes = 1).Store;
    private readonly IResumeStore _otherSilo = database.StartSilo().Store;

    [Fact]
    public async Task A_completion_is_stored_with_its_report()
    {
        var marks = Some.Marks(changed: 20, completed: 10, count: 1, hidden: 5, forgotten: 1);

        Assert.True(await _silo.StoreAsync(Marked(Some.Register(10), marks)));

        Assert.Equal((_title, Some.Register(10)), Assert.Single(await database.RegistersAsync(_user)));
        Assert.Equal(marks, (await database.MarksAsync(_user))[_title]);
    }

    [Fact]
    public async Task A_repeat_of_marks_counts_as_stored_and_newer_ones_replace_them_wholly()
    {
        var newer = Some.Marks(changed: 21, hidden: 21);

        Assert.True(await _silo.StoreAsync(Marked(Some.Register(10), Some.Marks(changed: 20, completed: 10, count: 1))));
        Assert.True(await _otherSilo.StoreAsync(Marked(Some.Register(10), Some.Marks(changed: 20, completed: 10, count: 1))));
        Assert.True(await _otherSilo.StoreAsync(Marked(Some.Register(11), newer)));

        Assert.Equal(newer, (await database.MarksAsync(_user))[_title]);
    }

    [Fact]
    public async Task Older_marks_lose_and_their_writer_learns_so()
    {
        var hidden = Some.Marks(changed: 30, hidden: 30);
        await _otherSilo.StoreAsync(Marked(Some.Register(9), hidden));

        var answers = await database.InOneBatchAsync(
            _silo,
            [
                Marked(Some.Register(10), Some.Marks(changed: 20, completed: 10, count: 1)),
                Some.Write(_user, Some.Title(), Some.Register(10)),
                Some.Write() with { Marks = Some.Marks(changed: 20, completed: 10, count: 1) },
            ]);

        Assert.Equal([false, true, true], answers);
        Assert.Equal(hidden, (await database.MarksAsync(_user))[_title]);
    }

    [Fact]
    public async Task The_completion_of_a_report_that_loses_is_not_stored_either()
    {
        await _otherSilo.StoreAsync(Some.Write(_user, _title, Some.Register(50)));

        Assert.False(await _silo.StoreAsync(Marked(Some.Register(10), Some.Marks(changed: 90, completed: 10, count: 1))));

        Assert.Empty(await database.MarksAsync(_user));
    }

    [Fact]
    public async Task Two_marks_of_one_title_in_one_batch_end_with_the_later()
    {
        var later = Some.Marks(changed: 21, completed: 11, count: 2);

        var answers = await database.InOneBatchAsync(
            _silo,
            [
                Marked(Some.Register(10), Some.Marks(changed: 20, completed: 10, count: 1)),
                Marked(Some.Register(11, device: Some.Phone), later),
                Marked(Some.Register(12, device: DeviceId.Parse("web")), Some.Marks(changed: 19, hidden: 19)),
            ]);

        Assert.Equal([true, true, false], answers);
        Assert.Equal(later, (await database.MarksAsync(_user))[_title]);
        Assert.Equal(3, (await database.RegistersAsync(_user)).Count);
    }

    [Fact]
    public async Task Marks_and_their_report_are_one_commit()
    {
        await using var own = await ResumeDatabase.CreateAsync();
        await own.ExecuteAsync("alter table title_mark add check (play_count < 9)");

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => own.StartSilo().Store.StoreAsync(Marked(Some.Register(10), Some.Marks(changed: 20, completed: 10, count: 9))));

        Assert.Empty(await own.RegistersAsync(_user));
        Assert.Empty(await own.MarksAsync(_user));
    }

    [Fact]
    public async Task A_user_is_known_since_the_first_of_their_reports_and_is_so_once()
    {
        await database.InOneBatchAsync(
            _silo, [First(Some.Title(), 100), First(Some.Title(), 100), First(Some.Title(), 100), Some.Write(_user, _title, Some.Register(1))]);
        await _otherSilo.StoreAsync(First(Some.Title(), 900));

        Assert.Equal(1L, await database.ScalarAsync($"select count(*) from users where user_id = '{_user}'"));
        Assert.Equal(true, await database.ScalarAsync(
            $"select created_at = '{Some.Noon.AddSeconds(100):O}' and paused_from is null and paused_until is null from users where user_id = '{_user}'"));
    }

    [Fact]
    public async Task Silos_that_mark_the_same_titles_in_adverse_orders_end_at_the_newest()
    {
        var silos = Enumerable.Range(0, 4).Select(_ => database.StartSilo(options => options.CommitLanes = 2).Store).ToArray();
        var users = Enumerable.Range(0, 10).Select(_ => Some.User()).ToArray();
        var writes = Enumerable.Range(0, 1_000).Select(number => Some.Write(
            users[number * 7 % users.Length], Some.Title(1 + (number * 11 % 3)), Some.Register(number, device: DeviceId.Parse($"d{number % 5}"))) with
        {
            Marks = Some.Marks(changed: number, completed: number, count: number + 1),
            UserSince = Some.Noon,
        }).ToArray();

        await Task.WhenAll(silos.Select((silo, index) => Task.WhenAll(
            (index % 2 == 0 ? writes : writes.Reverse()).Select(silo.StoreAsync))));

        foreach (var user in users)
        {
            var newest = writes.Where(write => write.User == user).GroupBy(write => write.ContentId)
                .ToDictionary(title => title.Key, title => title.MaxBy(write => write.Marks!.ChangedAt)!.Marks!);
            Assert.Equal(newest, await database.MarksAsync(user));
        }
    }

    private RegisterWrite Marked(Register register, TitleMarks marks) => Some.Write(_user, _title, register) with { Marks = marks };

    private RegisterWrite First(ContentId title, double since) =>
        Some.Write(_user, title, Some.Register(1)) with { UserSince = Some.Noon.AddSeconds(since) };
}
