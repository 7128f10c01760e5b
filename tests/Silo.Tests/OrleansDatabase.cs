using ContinueWatching.Storage;
using ContinueWatching.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ContinueWatching.Silo.Tests;

/// <summary>One migrated database for the tests of a class; they keep apart by cluster, service or key.</summary>
public sealed class OrleansDatabase : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public NpgsqlDataSource DataSource => _database.DataSource;

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.CreateDatabaseAsync();
        await Migrator.ApplyAsync(DataSource, NullLogger.Instance, CancellationToken.None);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs a statement and keeps its locks until the caller commits or rolls back.</summary>
    public static async Task<NpgsqlTransaction> HoldAsync(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        Add(command, parameters);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
        return transaction;
    }

    /// <summary>Returns when another session waits for what this connection holds: Postgres tells, each round trip asks.</summary>
    public async Task UntilBlockedAsync(NpgsqlConnection holder, CancellationToken cancellationToken)
    {
        const string Blocked = "select exists (select 1 from pg_stat_activity where $1 = any (pg_blocking_pids(pid)))";
        while (!await ScalarAsync<bool>(Blocked, holder.ProcessID))
            cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>The statement updates one row, without a new entry in any index.</summary>
    public async Task AssertHotAsync(string table, string update, params object[] parameters)
    {
        await using var connection = await DataSource.OpenConnectionAsync();
        await using var hot = new NpgsqlCommand($"select pg_stat_get_xact_tuples_hot_updated('{table}'::regclass)", connection);
        // A pooled session may still count what it did before.
        var before = (long)(await hot.ExecuteScalarAsync())!;
        await using var transaction = await HoldAsync(connection, update, parameters);

        Assert.Equal(before + 1, await hot.ExecuteScalarAsync());
    }

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = DataSource.CreateCommand(sql);
        Add(command, parameters);
        return command;
    }

    private static void Add(NpgsqlCommand command, object[] parameters)
    {
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
    }
}
