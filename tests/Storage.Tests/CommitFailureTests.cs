using ContinueWatching.Contracts;
using ContinueWatching.Grains;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Storage.Tests;

/// <summary>What becomes of the reports of one commit when something in it, or around it, fails.</summary>
public sealed class CommitFailureTests : IAsyncLifetime
{
    private static readonly DeviceId Refused = DeviceId.Parse("refused");

    private ResumeDatabase _database = null!;
    private TestSilo _silo = null!;

    public async Task InitializeAsync()
    {
        _database = await ResumeDatabase.CreateAsync();
        _silo = _database.StartSilo(options => options.CommitLanes = 1);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [InlineData("alter table resume add check (device_id <> 'refused')")]
    [InlineData(
        """
        create function refuse() returns trigger language plpgsql as
          $$ begin if new.device_id = 'refused' then raise check_violation; end if; return null; end $$;
        create constraint trigger refuse after insert on resume deferrable initially deferred for each row execute function refuse();
        """)]
    public async Task One_refused_report_among_500_fails_alone_even_when_Postgres_refuses_only_at_the_commit(string rule)
    {
        await _database.ExecuteAsync(rule);
        var writes = Enumerable.Range(0, 500).Select(number => Some.Write(number == 321 ? Refused : null)).ToArray();

        var answers = await OutcomesAsync(writes);

        var error = Assert.IsType<InvalidOperationException>(Assert.Single(answers, answer => answer is not null));
        Assert.Same(error, answers[321]);
        Assert.Contains("23514", error.Message, StringComparison.Ordinal);
        Assert.Equal(500L, await CountAsync()); // 499, and the one that held up the lane
        var line = Assert.Single(_silo.Log.Written);
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Contains(writes[321].User.Value, line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_refused_reports_all_fail_and_all_others_are_stored()
    {
        await _database.ExecuteAsync("alter table resume add check (device_id <> 'refused')");
        int[] refused = [0, 1, 17, 64, 98, 99];

        var answers = await OutcomesAsync(
            Enumerable.Range(0, 100).Select(number => Some.Write(refused.Contains(number) ? Refused : null)));

        Assert.Equal(refused, Enumerable.Range(0, 100).Where(number => answers[number] is InvalidOperationException));
        Assert.Equal(94, answers.Count(answer => answer is null));
        Assert.Equal(95L, await CountAsync());
    }

    [Fact]
    public async Task When_the_look_for_a_report_that_lost_fails_none_is_told_that_it_was_not_stored()
    {
        var (standing, losing) = (Some.Write(), Some.Write());
        Assert.True(await _silo.Store.StoreAsync(losing with { Register = Some.Register(9) }));
        await _database.ExecuteAsync("alter table title_mark rename to elsewhere"); // of which heartbeats need nothing

        var answers = await OutcomesAsync([standing, losing]);

        Assert.All(answers, answer => Assert.True(Assert.IsType<StorageUnavailableException>(answer).OutcomeUnknown));
    }

    [Theory]
    [InlineData("P0001", false)]
    [InlineData("40001", false)]
    [InlineData("42501", false)]
    [InlineData("53100", false)]
    [InlineData("57014", false)]
    [InlineData("57P01", true)]
    [InlineData("57P02", true)]
    [InlineData("58030", true)]
    [InlineData("08006", true)]
    [InlineData("XX000", true)]
    public async Task A_commit_that_fails_half_way_stores_nothing_and_says_whether_that_is_certain(string sqlState, bool unknown)
    {
        await FailAsync(sqlState, times: 1_000);

        var answers = await OutcomesAsync(Enumerable.Range(0, 10).Select(number => Some.Write(number == 9 ? Refused : null)));

        Assert.All(answers, answer => Assert.Equal(unknown, Assert.IsType<StorageUnavailableException>(answer).OutcomeUnknown));
        Assert.Contains(sqlState, answers[0]!.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await CountAsync());
    }

    [Theory]
    [InlineData("40001", 3)]
    [InlineData("40P01", 3)]
    [InlineData("57P01", 1)]
    [InlineData("57P02", 1)]
    public async Task A_commit_that_may_succeed_at_another_try_is_tried_again(string sqlState, int times)
    {
        await FailAsync(sqlState, times);

        var answers = await OutcomesAsync(Enumerable.Range(0, 10).Select(number => Some.Write(number == 9 ? Refused : null)));

        Assert.All(answers, Assert.Null);
        Assert.Equal(11L, await CountAsync());
        Assert.Empty(_silo.Log.Written);
    }

    [Fact]
    public async Task What_a_failing_commit_had_not_yet_tried_is_known_not_to_be_stored()
    {
        await FailAsync("58030", times: 1_000);
        var first = Some.Write(Refused);
        var repeated = first with { Register = Some.Register(1, device: Refused) }; // a statement of its own, the next

        var answers = await OutcomesAsync([first, repeated]);

        Assert.True(Assert.IsType<StorageUnavailableException>(answers[0]).OutcomeUnknown);
        Assert.False(Assert.IsType<StorageUnavailableException>(answers[1]).OutcomeUnknown);
        Assert.Equal(1L, await CountAsync());
    }

    [Fact]
    public async Task A_Postgres_that_goes_while_a_refused_report_is_sought_leaves_the_untried_half_known()
    {
        // The whole statement is refused; then its first half, which the title puts first, fails for another reason.
        await FailAsync("23514", times: 1, then: "58030");
        var writes = Enumerable.Range(1, 4).Select(number => new RegisterWrite(
            UserId.Parse("same-user"), Some.Title(number), Some.Register(0, device: number == 1 ? Refused : Some.Tv), null)).ToArray();

        var answers = await OutcomesAsync(writes);

        Assert.Equal(
            [true, true, false, false],
            answers.Select(answer => Assert.IsType<StorageUnavailableException>(answer).OutcomeUnknown));
        Assert.Equal(1L, await CountAsync());
    }

    [Fact]
    public async Task A_deadlock_with_somebody_else_is_tried_again()
    {
        var (user, title, otherTitle) = (Some.User(), Some.Title(1), Some.Title(2));
        RegisterWrite[] writes = [Some.Write(user, title, Some.Register(0)), Some.Write(user, otherTitle, Some.Register(0))];
        var silo = _database.StartSilo(
            options => (options.CommitLanes, options.CommandTimeout) = (1, TimeSpan.FromSeconds(30)),
            settings: ";Options=-c deadlock_timeout=2s");
        await Task.WhenAll(writes.Select(silo.Store.StoreAsync));
        await using var lane = await _database.BlockAsync(silo.Store);
        var storing = writes.Select(silo.Store.StoreAsync).ToArray();

        // Somebody has the second row, and wants the first. He has more patience, so that it is the silo whose statement dies.
        await using var other = await _database.HoldAsync(
            $"set local deadlock_timeout = '1min'; select * from resume where content_id = '{otherTitle}' for update");
        await lane.ReleaseAsync();
        await _database.UntilBlockedAsync(other);
        await other.ExecuteAsync($"select * from resume where content_id = '{title}' for update");
        await other.DisposeAsync();

        Assert.All(await Task.WhenAll(storing), Assert.True);
    }

    [Fact]
    public async Task Reports_whose_connection_is_ended_under_way_are_all_stored_by_a_second_try()
    {
        await using var lane = await _database.BlockAsync(_silo.Store);

        await _database.TerminateBlockedAsync(lane.Hold);
        await _database.UntilBlockedAsync(lane.Hold);
        await lane.ReleaseAsync();

        Assert.Empty(_silo.Log.Written);
    }

    [Fact]
    public async Task Reports_whose_connection_is_ended_twice_are_told_that_nobody_knows()
    {
        await using var lane = await _database.BlockAsync(_silo.Store);

        await _database.TerminateBlockedAsync(lane.Hold);
        await _database.UntilBlockedAsync(lane.Hold);
        await _database.TerminateBlockedAsync(lane.Hold);

        Assert.True((await Assert.ThrowsAsync<StorageUnavailableException>(() => lane.Write)).OutcomeUnknown);
        Assert.True(await _silo.Store.StoreAsync(Some.Write()));
    }

    [Fact]
    public async Task What_was_unknown_after_the_first_try_stays_unknown_when_Postgres_cannot_be_reached_again()
    {
        await using var lane = await _database.BlockAsync(_silo.Store);

        await _database.LetInAsync(false);
        await _database.TerminateBlockedAsync(lane.Hold);

        Assert.True((await Assert.ThrowsAsync<StorageUnavailableException>(() => lane.Write)).OutcomeUnknown);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_given_up_and_its_outcome_is_unknown()
    {
        var silo = _database.StartSilo(options => (options.CommitLanes, options.CommandTimeout) = (1, TimeSpan.FromSeconds(1)));
        await using var lane = await _database.BlockAsync(silo.Store);

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => lane.Write);

        Assert.True(error.OutcomeUnknown);
        Assert.True(await silo.Store.StoreAsync(Some.Write()));
    }

    [Fact]
    public async Task A_statement_that_Postgres_itself_gives_up_is_known_not_to_be_stored()
    {
        var silo = _database.StartSilo(options => options.CommitLanes = 1, settings: ";Options=-c statement_timeout=200");
        await using var lane = await _database.BlockAsync(silo.Store);

        Assert.False((await Assert.ThrowsAsync<StorageUnavailableException>(() => lane.Write)).OutcomeUnknown);
    }

    [Fact]
    public async Task Connections_lost_while_idle_are_replaced_unnoticed()
    {
        // More than one try could use up.
        var connections = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _silo.Source.OpenConnectionAsync(_database.Limit).AsTask()));
        foreach (var connection in connections)
            await connection.DisposeAsync();

        await _database.ExecuteAsync(
            """
            select pg_terminate_backend(pid, 60000) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
            """);

        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _silo.Store.StoreAsync(Some.Write()))),
            Assert.True);
        Assert.Empty(await _silo.Store.LoadTitlesAsync(Some.User(), [Some.Title()], _database.Limit));
        Assert.Empty(_silo.Log.Written);
    }

    [Fact]
    public async Task Connections_to_a_server_that_became_a_reader_are_replaced_unnoticed()
    {
        await _database.ExecuteAsync(
            "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$");
        await using (await _silo.Source.OpenConnectionAsync(_database.Limit))
        {
        }

        await _database.ExecuteAsync(
            "do $$ begin execute format('alter database %I reset default_transaction_read_only', current_database()); end $$");

        Assert.True(await _silo.Store.StoreAsync(Some.Write()));
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1")]
    [InlineData("Host=postgres.invalid")]
    public async Task Without_a_server_reports_are_refused_as_certainly_not_stored_and_one_line_says_so(string server)
    {
        var silo = new TestSilo(server + ";Username=somebody;Password=abracadabra");
        await using var _ = silo;

        foreach (var write in Enumerable.Range(0, 3).Select(_ => Some.Write()))
        {
            var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Store.StoreAsync(write));
            Assert.False(error.OutcomeUnknown);
        }

        var line = Assert.Single(silo.Log.Written);
        Assert.Contains("No connection", line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("abracadabra", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_without_a_free_connection_refuses_the_report()
    {
        var silo = _database.StartSilo(settings: ";Maximum Pool Size=1;Timeout=1");
        await using var taken = await silo.Source.OpenConnectionAsync(_database.Limit);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => silo.Store.StoreAsync(Some.Write()));
    }

    private async Task<Exception?[]> OutcomesAsync(IEnumerable<RegisterWrite> writes)
    {
        await using var lane = await _database.BlockAsync(_silo.Store);
        var waiting = writes.Select(_silo.Store.StoreAsync).ToArray();
        await lane.ReleaseAsync();
        return await Task.WhenAll(waiting.Select(async write =>
            await Record.ExceptionAsync(async () => Assert.True(await write))));
    }

    // Nothing undoes a sequence: it counts the tries.
    private Task FailAsync(string sqlState, int times, string? then = null) => _database.ExecuteAsync(
        $"""
         create sequence tries;
         create function fail() returns trigger language plpgsql as $$
         begin
           if new.device_id = 'refused' then
             if nextval('tries') <= {times} then raise sqlstate '{sqlState}'; end if;
             {(then is null ? "" : $"raise sqlstate '{then}';")}
           end if;
           return new;
         end $$;
         create trigger fail before insert on resume for each row execute function fail();
         """);

    private Task<object?> CountAsync() => _database.ScalarAsync("select count(*) from resume");
}
