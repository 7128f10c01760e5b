using System.Globalization;
using ContinueWatching.Contracts;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>Tells whether the database can be trusted with reports now.</summary>
public sealed class DatabaseProbe
{
    private readonly NpgsqlDataSource _source;
    private readonly Database _database;
    private readonly TimeSpan _clockTolerance;
    private readonly TimeProvider _time;

    internal DatabaseProbe(NpgsqlDataSource source, Database database, IOptions<StorageOptions> options, TimeProvider time)
    {
        _source = source;
        _database = database;
        _clockTolerance = options.Value.ClockTolerance;
        _time = time;
    }

    /// <summary>
    /// Asks the database for its time, and whether it takes writes: a standby, or one that was made read-only, does not. Reports are
    /// ordered by the silos' clocks, so that one far from the database's, and so from the other silos', would let old places win.
    /// </summary>
    /// <returns>What is wrong, in a sentence; null when all is well.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (error, isReadOnly) = await _database.RunAsync(LookAsync, cancellationToken);
            return isReadOnly ? "Postgres is read-only."
                : error <= _clockTolerance ? null
                : string.Create(CultureInfo.InvariantCulture, $"The clock is {error.TotalSeconds:0.0} s from the database's.");
        }
        catch (StorageUnavailableException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return $"Postgres does not answer: {exception.Message}";
        }
    }

    /// <summary>Refuses a database whose commits may be lost although they were acknowledged.</summary>
    /// <exception cref="InvalidOperationException">It runs with <c>synchronous_commit = off</c>.</exception>
    /// <exception cref="NpgsqlException">It cannot be reached.</exception>
    public async Task RequireDurabilityAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("show synchronous_commit");
        if (await command.ExecuteScalarAsync(cancellationToken) is "off")
        {
            throw new InvalidOperationException(
                "Postgres runs with synchronous_commit = off: it would acknowledge reports and may lose them. Set it to on.");
        }
    }

    // How far apart the clocks are at least: the answer was on its way for some part of the round trip.
    private async Task<(TimeSpan ClockError, bool IsReadOnly)> LookAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(
            connection, "select clock_timestamp(), current_setting('transaction_read_only')::boolean");
        var asked = _time.GetUtcNow();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var travel = (_time.GetUtcNow() - asked) / 2;
        return ((asked + travel - reader.GetFieldValue<DateTimeOffset>(0)).Duration() - travel, reader.GetBoolean(1));
    }
}
