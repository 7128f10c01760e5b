using ContinueWatching.Contracts;
using ContinueWatching.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>
/// Goes through all users, slowly and once a day, for what a lost silo has written of one after their erasure, and lets tombstones go whose
/// time is over. Every silo does it by itself: twice does no harm.
/// </summary>
internal sealed partial class ErasureSweep(Database database, IUserStore users, TimeProvider time, ILogger<ErasureSweep> logger) : BackgroundService
{
    /// <summary>How long a tombstone counts, as decision 0009 says.</summary>
    public static readonly TimeSpan TombstoneAge = TimeSpan.FromDays(30);

    // 500 users in a second: 43 million in a day, and some 20 ms of Postgres.
    private const int UsersInStep = 500;

    private static readonly TimeSpan _stepInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _passInterval = TimeSpan.FromDays(1);
    private static readonly TimeSpan _firstWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan _retryInterval = TimeSpan.FromMinutes(1);

    // From user to user along the keys, however many rows each has.
    private static readonly string _stepSql = $"""
        with recursive next(user_id, number) as (
          select {NextSql("$1")}, 1
          union all
          select {NextSql("next.user_id")}, number + 1 from next where user_id is not null and number < {UsersInStep}
        )
        select user_id, erased_at from next left join tombstone on user_hash = sha256(convert_to(user_id, 'UTF8'))
        where user_id is not null
        order by number
        """;

    private const string ExpireSql = "delete from tombstone where erased_at < now() - $1";

    // Up to whom the pass has come, also when Postgres has gone away meanwhile.
    private string _last = "";

    /// <summary>Goes through all users once, or through those that the last call did not come to.</summary>
    /// <returns>How many rows were erased.</returns>
    /// <exception cref="StorageUnavailableException">Postgres is away; what was done is done, and the next call goes on.</exception>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var erased = 0;

        // By itself, however far the pass comes: each was passed over thirty times by now.
        await database.RunAsync(ExpireAsync, cancellationToken);
        if (await database.RunAsync(HasTombstonesAsync, cancellationToken))
        {
            while (await database.RunAsync((connection, token) => ReadStepAsync(connection, _last, token), cancellationToken) is { Count: > 0 } step)
            {
                foreach (var (user, erasedAt) in step)
                {
                    erased += erasedAt is { } moment ? await users.EraseAgainAsync(UserId.Parse(user), moment) : 0;
                }

                _last = step[^1].User;
                await Task.Delay(_stepInterval, time, cancellationToken);
            }
        }

        _last = "";
        return erased;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not with the start of the silo, nor with that of all others; but soon, for a silo may be replaced every day.
        var wait = _firstWait * Random.Shared.NextDouble();
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(wait, time, stoppingToken);
            var started = time.GetTimestamp();
            var interval = _passInterval;
            try
            {
                if (await SweepAsync(stoppingToken) is > 0 and var rows)
                {
                    LogErased(rows);
                }
            }
            catch (StorageUnavailableException unavailable)
            {
                // Postgres is away, which others have told as well; when it is back the pass goes on.
                LogUnfinished(unavailable.Message);
                interval = _retryInterval;
            }

            wait = interval - time.GetElapsedTime(started);
            wait = wait > _stepInterval ? wait : _stepInterval;
        }
    }

    private static string NextSql(string after) => $"""
        (select min(user_id) from (
          (select user_id from resume where user_id > {after} order by user_id limit 1) union all
          (select user_id from title_mark where user_id > {after} order by user_id limit 1) union all
          (select user_id from watchlist where user_id > {after} order by user_id limit 1) union all
          (select user_id from users where user_id > {after} order by user_id limit 1)) as one)
        """;

    private async Task<bool> HasTombstonesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(connection, "select exists (select from tombstone)");
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task<List<(string User, DateTimeOffset? ErasedAt)>> ReadStepAsync(
        NpgsqlConnection connection, string after, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(connection, _stepSql);
        command.Parameters.AddWithValue(after);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var step = new List<(string, DateTimeOffset?)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            step.Add((reader.GetString(0), reader.GetTime(1)));
        }

        return step;
    }

    private async Task<int> ExpireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(connection, ExpireSql);
        command.Parameters.AddWithValue(TombstoneAge);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Information, "{Rows} rows of erased users, written by a silo that was lost, are erased")]
    private partial void LogErased(int rows);

    [LoggerMessage(2, LogLevel.Warning, "What lost silos may have written of erased users was not looked through, and will be tried again in a minute: {Reason}")]
    private partial void LogUnfinished(string reason);
}
