using System.Data;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>Brings the database's schema to what this build needs, safely when several processes start at once.</summary>
public static partial class Migrator
{
    // Any constant of our own: advisory locks share one space of numbers per database.
    private const long LockKey = 0x636F_6E74_7761_7463; // "contwatc"

    // Read from the catalogue, not by to_regclass: that answers from the session's cache, which after the wait for the lock can
    // still say that the table its last holder made is not there.
    private const string Exists =
        "select exists (select 1 from pg_catalog.pg_class where relname = 'schema_migration' and pg_table_is_visible(oid))";

    private const string ReadApplied = "select number, name, sha256 from schema_migration order by number";

    private const string CreateTable =
        """
        create table if not exists schema_migration (
          number int primary key,
          name text not null,
          sha256 text not null,
          applied_at timestamptz not null default now()
        )
        """;

    // The role's own timeouts are made for requests: they must kill neither a long migration nor the wait for one. A migration
    // that must not queue behind the traffic sets its own lock_timeout.
    private const string LiftTimeouts = "set local statement_timeout = 0; set local lock_timeout = 0";

    private const string TakeLock = "select pg_advisory_xact_lock($1)";

    private const string Record = "insert into schema_migration (number, name, sha256) values ($1, $2, $3)";

    /// <summary>
    /// Applies the embedded migrations that the database does not have yet, in order, each in a transaction of its own. When it
    /// returns, the schema is complete, whoever applied it. A process that has nothing to apply waits for nobody and needs no
    /// right to create tables. A schema newer than this build is accepted (an older silo starts during a rolling deployment
    /// or after a rollback) and logged once.
    /// </summary>
    /// <param name="dataSource">The database; tables go to the first schema of its search_path.</param>
    /// <param name="logger">Gets one line for each migration applied here, and nothing when there is nothing to do.</param>
    /// <param name="cancellationToken">Ends the wait for another process, or the migration under way, which is then undone.</param>
    /// <returns>How many migrations this call applied.</returns>
    /// <exception cref="InvalidOperationException">
    /// An applied migration's text is not the one of this build, the applied ones have a hole, or a migration failed (the inner
    /// exception says why; nothing of it stays).
    /// </exception>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses the role.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static Task<int> ApplyAsync(NpgsqlDataSource dataSource, ILogger logger, CancellationToken cancellationToken) =>
        ApplyAsync(dataSource, Migration.Embedded(), logger, cancellationToken);

    internal static async Task<int> ApplyAsync(
        NpgsqlDataSource dataSource, IReadOnlyList<Migration> migrations, ILogger logger, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var atStart = await CountAppliedAsync(connection, migrations, cancellationToken);
        if (atStart > migrations.Count)
            LogNewer(logger, atStart, migrations.Count);

        var appliedHere = 0;
        foreach (var migration in migrations.Skip(atStart))
        {
            if (await ApplyOneAsync(connection, migration, migrations, logger, cancellationToken))
                appliedHere++;
        }

        return appliedHere;
    }

    // The lock belongs to the transaction: commit, a failed statement and a lost connection all release it, and it works behind
    // a pooler that hands out connections by transaction.
    private static async Task<bool> ApplyOneAsync(
        NpgsqlConnection connection,
        Migration migration,
        IReadOnlyList<Migration> migrations,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        // READ COMMITTED, whatever the database's default: the look after the lock must see what its last holder committed.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await ExecuteAsync(connection, LiftTimeouts, cancellationToken);
        await ExecuteAsync(connection, TakeLock, cancellationToken, LockKey);
        if (await CountAppliedAsync(connection, migrations, cancellationToken) >= migration.Number)
            return false;

        var started = Stopwatch.GetTimestamp();
        if (migration.Number == 1)
            await ExecuteAsync(connection, CreateTable, cancellationToken);
        try
        {
            await ExecuteAsync(connection, migration.Text, cancellationToken);
        }
        catch (PostgresException e)
        {
            // Postgres names the statement, not the file it came from.
            throw new InvalidOperationException($"Migration {migration.Name} failed and was undone: {e.MessageText}", e);
        }

        await ExecuteAsync(connection, Record, cancellationToken, migration.Number, migration.Name, migration.Sha256);
        await transaction.CommitAsync(cancellationToken);
        LogApplied(logger, migration.Name, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return true;
    }

    // The applied ones are 1 to n: each was recorded in the transaction that found n - 1 before it.
    private static async Task<int> CountAppliedAsync(
        NpgsqlConnection connection, IReadOnlyList<Migration> migrations, CancellationToken cancellationToken)
    {
        await using (var exists = new NpgsqlCommand(Exists, connection))
        {
            if (await exists.ExecuteScalarAsync(cancellationToken) is false)
                return 0;
        }

        var count = 0;
        await using var command = new NpgsqlCommand(ReadApplied, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            count++;
            Check(reader.GetInt32(0), reader.GetString(1), reader.GetString(2), count, migrations);
        }

        return count;
    }

    private static void Check(int number, string name, string sha256, int expected, IReadOnlyList<Migration> migrations)
    {
        if (number != expected)
        {
            throw new InvalidOperationException(
                $"schema_migration has {number} ({name}) where {expected} should be: a row was removed or written by hand.");
        }

        if (number <= migrations.Count && migrations[number - 1].Sha256 != sha256)
        {
            throw new InvalidOperationException(
                $"Migration {migrations[number - 1].Name} was changed after it was applied (as {name}, SHA-256 {sha256}). " +
                "Put its text back, and make the change in a new migration.");
        }
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Applied migration {Name} in {ElapsedMs:F0} ms")]
    private static partial void LogApplied(ILogger logger, string name, double elapsedMs);

    [LoggerMessage(LogLevel.Warning, "The schema is at migration {Applied}, newer than this build's {Known}: going on with it")]
    private static partial void LogNewer(ILogger logger, int applied, int known);
}
