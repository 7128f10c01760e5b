using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace ContinueWatching.Storage.Tests;

/// <summary>Whether a silo trusts the database in front of it.</summary>
public sealed class DatabaseProbeTests : IAsyncLifetime
{
    private ResumeDatabase _database = null!;

    public async Task InitializeAsync() => _database = await ResumeDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [InlineData(2, true)]
    [InlineData(-2, true)]
    [InlineData(0.5, false)]
    [InlineData(-0.5, false)]
    [InlineData(0, false)]
    public async Task A_clock_two_seconds_off_is_a_fault_and_half_a_second_is_none(double secondsOff, bool isFault)
    {
        var now = (DateTime)(await _database.ScalarAsync("select clock_timestamp()"))!;
        var running = TimeProvider.System.GetTimestamp();
        var time = new FakeTimeProvider();
        var silo = _database.StartSilo(time: time);
        Assert.Null(await Record.ExceptionAsync(() => silo.Probe.RequireDurabilityAsync(_database.Limit))); // connected
        time.SetUtcNow(new DateTimeOffset(now) + TimeProvider.System.GetElapsedTime(running) + TimeSpan.FromSeconds(secondsOff));

        var fault = await silo.Probe.FindFaultAsync(_database.Limit);

        Assert.Equal(isFault, fault is not null);
        Assert.True(!isFault || fault!.StartsWith("The clock is ", StringComparison.Ordinal), fault);
    }

    [Fact]
    public async Task Half_of_a_slow_answers_way_is_not_taken_for_a_wrong_clock()
    {
        var silo = _database.StartSilo(
            options => options.ClockTolerance = TimeSpan.FromMilliseconds(500), new SlowClock(TimeSpan.FromSeconds(1)));

        Assert.Null(await silo.Probe.FindFaultAsync(_database.Limit));
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1")]
    [InlineData("Host=postgres.invalid")]
    public async Task A_server_that_is_away_is_a_fault_and_no_exception(string server)
    {
        await using var silo = new TestSilo(server + ";Username=somebody;Password=abracadabra");

        var fault = await silo.Probe.FindFaultAsync(_database.Limit);

        Assert.StartsWith("Postgres does not answer: ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("abracadabra", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_that_is_cancelled_says_so()
    {
        var silo = _database.StartSilo();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => silo.Probe.FindFaultAsync(new CancellationToken(canceled: true)));
        Assert.DoesNotContain(silo.Log.Written, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Connections_lost_while_idle_are_no_fault()
    {
        var silo = _database.StartSilo();
        Assert.Null(await silo.Probe.FindFaultAsync(_database.Limit));

        await _database.ExecuteAsync(
            """
            select pg_terminate_backend(pid, 60000) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
            """);

        Assert.Null(await silo.Probe.FindFaultAsync(_database.Limit));
    }

    [Theory]
    [InlineData("off", false)]
    [InlineData("on", true)]
    [InlineData("local", true)]
    [InlineData("remote_apply", true)]
    public async Task A_database_that_may_lose_what_it_acknowledged_is_refused(string synchronousCommit, bool accepted)
    {
        await _database.ExecuteAsync(
            $"do $$ begin execute format('alter database %I set synchronous_commit = {synchronousCommit}', current_database()); end $$");
        var silo = _database.StartSilo();

        var error = await Record.ExceptionAsync(() => silo.Lifetime.StartAsync(_database.Limit));

        Assert.Equal(accepted, error is null);
        Assert.True(accepted || error is InvalidOperationException);
        Assert.True(accepted || error!.Message.Contains("synchronous_commit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silo_does_not_start_without_its_server()
    {
        await using var silo = new TestSilo("Host=127.0.0.1;Port=1;Username=somebody");

        await Assert.ThrowsAsync<NpgsqlException>(() => silo.Lifetime.StartAsync(_database.Limit));
    }

    /// <summary>The right time, and then a second later at each look: an answer that was long on its way.</summary>
    private sealed class SlowClock(TimeSpan step) : TimeProvider
    {
        private TimeSpan _late = TimeSpan.FromSeconds(-1);

        public override DateTimeOffset GetUtcNow()
        {
            var now = System.GetUtcNow() + _late;
            _late += step;
            return now;
        }
    }
}
