using System.Collections.Concurrent;
using ContinueWatching.Testing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ContinueWatching.Storage.Tests;

/// <summary>What an operator relies on when silos bring the schema up to date by themselves.</summary>
public sealed class MigratorTests : IAsyncLifetime
{
    private static readonly Migration First = new(1, "0001_first", "create table first (id int); insert into first values (1);");
    private static readonly Migration Second = new(2, "0002_second", "insert into first values (2);");

    private readonly Lines _log = new();
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestPostgres.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public void The_embedded_migrations_are_numbered_without_holes()
    {
        var migrations = Migration.Embedded();

        Assert.NotEmpty(migrations);
        Assert.Equal(Enumerable.Range(1, migrations.Count), migrations.Select(migration => migration.Number));
        Assert.All(migrations, migration => Assert.Matches($"^{migration.Number:0000}_[a-z_]+$", migration.Name));
    }

    [Fact]
    public async Task An_empty_database_gets_the_whole_schema()
    {
        var applied = await Migrator.ApplyAsync(_database.DataSource, _log, _limit);

        Assert.Equal(Migration.Embedded().Count, applied);
        Assert.Equal(applied, _log.Written.Count);
        Assert.All(_log.Written, line => Assert.Equal(LogLevel.Information, line.Level));
        Assert.Equal(0L, await ScalarAsync("select count(*) from resume"));
        Assert.Equal(14L, await ScalarAsync("select count(*) from OrleansQuery"));
    }

    [Fact]
    public async Task The_schema_goes_where_the_search_path_says()
    {
        await ExecuteAsync("create schema elsewhere");
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString + ";Search Path=elsewhere");

        await Migrator.ApplyAsync(source, _log, _limit);

        Assert.Equal(0, await Migrator.ApplyAsync(source, _log, _limit));
        Assert.Equal(0L, await ScalarAsync("select count(*) from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task A_second_start_does_nothing_and_says_nothing()
    {
        await Migrator.ApplyAsync(_database.DataSource, _log, _limit);
        _log.Written.Clear();

        Assert.Equal(0, await Migrator.ApplyAsync(_database.DataSource, _log, _limit));
        Assert.Empty(_log.Written);
    }

    [Fact]
    public async Task Silos_that_start_at_once_apply_each_migration_once()
    {
        var applied = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Migrator.ApplyAsync(_database.DataSource, _log, _limit)));

        Assert.Equal(Migration.Embedded().Count, applied.Sum());
        Assert.Equal(Migration.Embedded().Count, _log.Written.Count);
    }

    [Fact]
    public async Task A_later_build_adds_only_what_is_new()
    {
        await ApplyAsync(First);

        Assert.Equal(1, await ApplyAsync(First, Second));
        Assert.Equal(2L, await ScalarAsync("select count(*) from first"));
    }

    [Fact]
    public async Task A_migration_edited_after_it_was_applied_is_refused()
    {
        await ApplyAsync(First);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ApplyAsync(First with { Text = First.Text + " " }, Second));

        Assert.Contains("0001_first was changed", error.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await ScalarAsync("select count(*) from first"));
    }

    [Fact]
    public async Task An_older_build_starts_on_a_newer_schema_and_says_so_once()
    {
        await ApplyAsync(First, Second);
        _log.Written.Clear();

        Assert.Equal(0, await ApplyAsync(First));
        var line = Assert.Single(_log.Written);
        Assert.Equal(LogLevel.Warning, line.Level);
    }

    [Fact]
    public async Task An_older_build_still_refuses_a_migration_it_knows_differently()
    {
        await ApplyAsync(First, Second);

        await Assert.ThrowsAsync<InvalidOperationException>(() => ApplyAsync(First with { Text = "select 1" }));
    }

    [Fact]
    public async Task A_missing_row_in_the_record_is_refused()
    {
        await ApplyAsync(First, Second);
        await ExecuteAsync("delete from schema_migration where number = 1");

        await Assert.ThrowsAsync<InvalidOperationException>(() => ApplyAsync(First, Second));
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind_and_can_be_put_right()
    {
        var broken = new Migration(2, "0002_broken", "insert into first values (2); insert into nowhere values (1);");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ApplyAsync(First, broken));

        Assert.Contains("0002_broken", error.Message, StringComparison.Ordinal);
        Assert.Equal(PostgresErrorCodes.UndefinedTable, Assert.IsType<PostgresException>(error.InnerException).SqlState);
        Assert.Equal(1L, await ScalarAsync("select count(*) from first"));
        Assert.Equal(1L, await ScalarAsync("select count(*) from schema_migration"));
        Assert.Equal(0L, await AdvisoryLocksAsync());
        Assert.Equal(1, await ApplyAsync(First, Second));
    }

    [Fact]
    public async Task A_first_migration_that_fails_does_not_even_leave_the_record()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => ApplyAsync(First with { Text = "select 1 / 0" }));

        Assert.Equal(DBNull.Value, await ScalarAsync("select to_regclass('schema_migration')::text"));
    }

    [Fact]
    public async Task A_silo_that_dies_while_it_migrates_hands_over_to_the_one_that_waits()
    {
        await using var gate = await _database.DataSource.OpenConnectionAsync(_limit);
        await ExecuteAsync("create table gate ()");
        await using var hold = await gate.BeginTransactionAsync(_limit);
        await new NpgsqlCommand("lock table gate", gate).ExecuteNonQueryAsync(_limit);

        var gated = First with { Text = First.Text + "select * from gate;" };
        var dying = ApplyAsync(gated);
        await UntilAsync("select count(*) = 1 from pg_locks where relation = 'gate'::regclass and not granted");
        var waiting = ApplyAsync(gated);
        await UntilAsync("select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted");
        await ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where relation = 'gate'::regclass and not granted");
        await Assert.ThrowsAnyAsync<Exception>(() => dying);
        await hold.RollbackAsync(_limit);

        Assert.Equal(1, await waiting);
        Assert.Equal(1L, await ScalarAsync("select count(*) from first"));
    }

    [Fact]
    public async Task Waiting_for_another_silo_ends_with_the_token()
    {
        await ApplyAsync(First);
        await using var gate = await _database.DataSource.OpenConnectionAsync(_limit);
        await using var hold = await gate.BeginTransactionAsync(_limit);
        await new NpgsqlCommand("lock table first", gate).ExecuteNonQueryAsync(_limit);
        using var stop = new CancellationTokenSource();

        var migrating = ApplyAsync(First, Second);
        await UntilAsync("select count(*) = 1 from pg_locks where relation = 'first'::regclass and not granted");
        var waiting = Migrator.ApplyAsync(_database.DataSource, [First, Second], _log, stop.Token);
        await UntilAsync("select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, await ApplyAsync(First)); // nothing to apply: no wait
        await hold.RollbackAsync(_limit);
        Assert.Equal(1, await migrating);
    }

    [Fact]
    public async Task The_roles_timeouts_and_isolation_do_not_reach_a_migration()
    {
        await using var source = NpgsqlDataSource.Create(
            _database.ConnectionString
            + ";Command Timeout=1;Options='-c statement_timeout=200 -c default_transaction_isolation=serializable'");

        var applied = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => Migrator.ApplyAsync(
                source, [First with { Text = First.Text + "select pg_sleep(1.5);" }, Second], _log, _limit)));

        Assert.Equal(2, applied.Sum());
    }

    private Task<int> ApplyAsync(params Migration[] migrations) =>
        Migrator.ApplyAsync(_database.DataSource, migrations, _log, _limit);

    private Task<object?> AdvisoryLocksAsync() => ScalarAsync(
        """
        select count(*) from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
        """);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _database.DataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync(_limit);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(_limit);
    }

    // Postgres itself tells when a session has come to wait: the round trip is the pace, the limit the deadline.
    private async Task UntilAsync(string condition)
    {
        while (await ScalarAsync(condition) is not true)
            _limit.ThrowIfCancellationRequested();
    }

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Text)> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue((logLevel, formatter(state, exception)));
    }
}
