using System.Globalization;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;
using ContinueWatching.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ContinueWatching.Storage.Tests;

/// <summary>A database with the schema on a live server, and the silos that share it.</summary>
public sealed class ResumeDatabase : IAsyncLifetime, IAsyncDisposable
{
    private readonly List<TestSilo> _silos = [];
    private TestDatabase _database = null!;

    /// <summary>The end of all patience: nothing in these tests takes as long.</summary>
    public CancellationToken Limit { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public string ConnectionString => _database.ConnectionString;

    public static async Task<ResumeDatabase> CreateAsync(TestPostgresServer? server = null)
    {
        var database = new ResumeDatabase { _database = await CreateEmptyAsync(server) };
        await Migrator.ApplyAsync(database._database.DataSource, NullLogger.Instance, database.Limit);
        return database;
    }

    public async Task InitializeAsync() => _database = (await CreateAsync())._database;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>A silo's storage, with a pool of its own.</summary>
    internal TestSilo StartSilo(Action<StorageOptions>? configure = null, TimeProvider? time = null, string settings = "")
    {
        var silo = new TestSilo(ConnectionString + settings, configure, time);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Until nobody but the asking session is connected.</summary>
    internal async Task UntilAloneAsync()
    {
        ForgetConnections();
        await UntilAsync(
            "select not exists (select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())");
    }

    /// <summary>After an outage of the server: the test's own connections are gone.</summary>
    internal void ForgetConnections() => _database.DataSource.Clear();

    /// <summary>A transaction that holds what <paramref name="sql"/> locks until it is released.</summary>
    internal async Task<Hold> HoldAsync(string sql) => await Hold.TakeAsync(_database.DataSource, sql, Limit);

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = _database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Limit);
    }

    internal async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _database.DataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Limit);
    }

    /// <summary>Postgres itself tells when something has come to pass: the round trip is the pace, the limit the deadline.</summary>
    internal async Task UntilAsync(string condition)
    {
        while (await ScalarAsync(condition) is not true)
            Limit.ThrowIfCancellationRequested();
    }

    /// <summary>When a session has come to wait for <paramref name="hold"/>.</summary>
    internal Task UntilBlockedAsync(Hold hold) => UntilAsync(string.Create(CultureInfo.InvariantCulture,
        $"select count(*) > 0 from pg_stat_activity where {hold.Pid} = any(pg_blocking_pids(pid))"));

    /// <summary>Ends the sessions that wait for <paramref name="hold"/>, as an administrator or a failover would.</summary>
    internal Task TerminateBlockedAsync(Hold hold) => ExecuteAsync(string.Create(CultureInfo.InvariantCulture,
        $"select pg_terminate_backend(pid, 60000) from pg_stat_activity where {hold.Pid} = any(pg_blocking_pids(pid))"));

    /// <summary>Whether new sessions are let in; those that are there stay.</summary>
    internal Task LetInAsync(bool allowed) => ExecuteAsync(
        $"update pg_database set datallowconn = {(allowed ? "true" : "false")} where datname = current_database()");

    /// <summary>
    /// Has a silo with one lane take <paramref name="writes"/> as one batch: a first report whose row is locked holds the lane up, and
    /// what comes meanwhile waits.
    /// </summary>
    internal async Task<bool[]> InOneBatchAsync(IResumeStore silo, IEnumerable<RegisterWrite> writes)
    {
        await using var blocked = await BlockAsync(silo);
        var waiting = writes.Select(silo.StoreAsync).ToArray();
        await blocked.ReleaseAsync();
        return await Task.WhenAll(waiting);
    }

    /// <summary>Holds up a silo that has one lane.</summary>
    internal async Task<BlockedLane> BlockAsync(IResumeStore silo)
    {
        var write = Some.Write();
        await silo.StoreAsync(write);
        var hold = await HoldAsync($"select * from resume where user_id = '{write.User}' for update");
        var blocked = silo.StoreAsync(write);
        await UntilBlockedAsync(hold);
        return new BlockedLane(hold, blocked);
    }

    /// <summary>A user's registers as Postgres holds them.</summary>
    internal async Task<IReadOnlyList<(ContentId Content, Register Register)>> RegistersAsync(UserId user)
    {
        await using var command = _database.DataSource.CreateCommand(
            "select content_id, device_id, watched_at, position_ms, duration_ms from resume where user_id = $1 order by 1, 2");
        command.Parameters.Add(new() { Value = user.Value });
        await using var reader = await command.ExecuteReaderAsync(Limit);
        var registers = new List<(ContentId, Register)>();
        while (await reader.ReadAsync(Limit))
        {
            registers.Add((new ContentId(reader.GetGuid(0)), new Register(
                DeviceId.Parse(reader.GetString(1)),
                reader.GetFieldValue<DateTimeOffset>(2),
                TimeSpan.FromMilliseconds(reader.GetInt32(3)),
                await reader.IsDBNullAsync(4, Limit) ? null : TimeSpan.FromMilliseconds(reader.GetInt32(4)))));
        }

        return registers;
    }

    /// <summary>A user's marks as Postgres holds them.</summary>
    internal async Task<IReadOnlyDictionary<ContentId, TitleMarks>> MarksAsync(UserId user)
    {
        await using var command = _database.DataSource.CreateCommand(
            "select content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at from title_mark where user_id = $1");
        command.Parameters.Add(new() { Value = user.Value });
        await using var reader = await command.ExecuteReaderAsync(Limit);
        var marks = new Dictionary<ContentId, TitleMarks>();
        while (await reader.ReadAsync(Limit))
        {
            marks.Add(new ContentId(reader.GetGuid(0)), new TitleMarks
            {
                CompletedAt = reader.GetTime(1),
                PlayCount = reader.GetInt32(2),
                HiddenAt = reader.GetTime(3),
                ForgottenAt = reader.GetTime(4),
                ChangedAt = reader.GetFieldValue<DateTimeOffset>(5),
            });
        }

        return marks;
    }

    /// <summary>The moment by the database's clock, in whole milliseconds.</summary>
    internal async Task<DateTimeOffset> NowAsync() =>
        new((DateTime)(await ScalarAsync("select date_trunc('milliseconds', clock_timestamp())"))!);

    /// <summary>Puts registers there without a silo.</summary>
    internal async Task InsertAsync(IEnumerable<RegisterWrite> writes)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync(Limit);
        await using var copy = await connection.BeginBinaryImportAsync(
            "copy resume (user_id, content_id, device_id, position_ms, duration_ms, watched_at) from stdin (format binary)", Limit);
        foreach (var write in writes)
        {
            await copy.StartRowAsync(Limit);
            await copy.WriteAsync(write.User.Value, Limit);
            await copy.WriteAsync(write.ContentId.Value, Limit);
            await copy.WriteAsync(write.Register.DeviceId.Value, Limit);
            await copy.WriteAsync((int)write.Register.Position.TotalMilliseconds, Limit);
            if (write.Register.Duration is { } duration)
                await copy.WriteAsync((int)duration.TotalMilliseconds, Limit);
            else
                await copy.WriteNullAsync(Limit);
            await copy.WriteAsync(write.Register.WatchedAt, Limit);
        }

        await copy.CompleteAsync(Limit);
    }

    private static Task<TestDatabase> CreateEmptyAsync(TestPostgresServer? server) =>
        server is null ? TestPostgres.CreateDatabaseAsync() : server.CreateDatabaseAsync();
}
