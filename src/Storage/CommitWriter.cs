using ContinueWatching.Contracts;
using ContinueWatching.Grains;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>
/// The group commit: one per silo, its lanes shared by user. What has queued while a lane's last commit was under way becomes its next
/// one: ONE statement, durable when it answers; a second where a report among heartbeats has lost.
/// </summary>
internal sealed partial class CommitWriter
{
    // Arrays behind a select count as 10 elements: no plan with a table scan seems worth while, however many there really are.
    private const string Input = """
        unnest((select $1::text[]), (select $2::uuid[]), (select $3::text[]), (select $4::int[]), (select $5::int[]),
            (select $6::timestamptz[]))
        """;

    // "<=" lets a repeat of what is stored (a commit whose answer was lost) pass as stored; only a newer row makes it lose.
    private const string Upsert = """
        insert into resume as r (user_id, content_id, device_id, position_ms, duration_ms, watched_at)
          select user_id, content_id, device_id, position_ms, duration_ms, watched_at from input
          on conflict (user_id, content_id, device_id) do update
            set position_ms = excluded.position_ms, watched_at = excluded.watched_at,
                duration_ms = coalesce(excluded.duration_ms, r.duration_ms)
            where (r.watched_at, r.position_ms) <= (excluded.watched_at, excluded.position_ms)
        """;

    // What nearly every commit is: heartbeats of known users, of which none loses. To start the whole statement costs as much as several of its rows.
    private const string PlainSql = $"""
        with input as (
          select * from {Input} as i(user_id, content_id, device_id, position_ms, duration_ms, watched_at)
        )
        {Upsert}
        """;

    private const string Sql = $"""
        with input as (
          select * from {Input} with ordinality as i(user_id, content_id, device_id, position_ms, duration_ms, watched_at, number)
        ), stored as (
          {Upsert}
          returning user_id, content_id, device_id
        ), evicted as (
          delete from resume r
          using unnest((select $7::text[]), (select $8::uuid[]), (select $9::text[]), (select $10::int[]),
            (select $11::timestamptz[])) as e(user_id, content_id, device_id, position_ms, watched_at)
          where r.user_id = e.user_id and r.content_id = e.content_id and r.device_id = e.device_id
            and (r.watched_at, r.position_ms) <= (e.watched_at, e.position_ms)
        ), marks as (
          select * from unnest((select $12::text[]), (select $13::uuid[]), (select $14::timestamptz[]), (select $15::int[]),
            (select $16::timestamptz[]), (select $17::timestamptz[]), (select $18::timestamptz[]), (select $19::int[]))
            as m(user_id, content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at, number)
        ), lost as (
          select number::int from input where (user_id, content_id, device_id) not in (select user_id, content_id, device_id from stored)
        ), marked as (
          insert into title_mark as m (user_id, content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at)
          select user_id, content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at from marks
          where number not in (select number from lost)
          on conflict (user_id, content_id) do update
            set completed_at = excluded.completed_at, play_count = excluded.play_count, hidden_at = excluded.hidden_at,
                forgotten_at = excluded.forgotten_at, changed_at = excluded.changed_at
            where m.changed_at <= excluded.changed_at
          returning user_id, content_id
        ), known as (
          insert into users (user_id, created_at)
          select user_id, since from unnest((select $20::text[]), (select $21::timestamptz[])) as u(user_id, since)
          on conflict do nothing
        )
        select number from lost
        union all
        select number from marks where (user_id, content_id) not in (select user_id, content_id from marked)
        """;

    private readonly Database _database;
    private readonly ILogger<CommitWriter> _logger;
    private readonly BatchLane<RegisterWrite, bool>[] _lanes;
    private readonly int _capacity;

    public CommitWriter(
        Database database, IOptions<StorageOptions> options, StorageInstruments instruments, TimeProvider time, ILogger<CommitWriter> logger)
    {
        _database = database;
        _logger = logger;
        var limits = options.Value;
        _capacity = limits.CommitQueue;
        _lanes = [.. Enumerable.Range(0, limits.CommitLanes).Select(_ => new BatchLane<RegisterWrite, bool>(
            instruments.Commit, limits.CommitQueue, limits.CommitBatch, limits.QueueTime, time, CommitAsync))];
        instruments.Commit.ShowDepth(() => Depth);
    }

    /// <summary>How many writes wait for a commit.</summary>
    public int Depth => _lanes.Sum(lane => lane.Depth);

    /// <summary>How full the fullest lane is, 0 to 1.</summary>
    public double Fill
    {
        get
        {
            var deepest = 0;
            foreach (var lane in _lanes)
            {
                deepest = Math.Max(deepest, lane.Depth);
            }

            return (double)deepest / _capacity;
        }
    }

    /// <summary>Commits one register; see <see cref="IResumeStore.StoreAsync"/>.</summary>
    /// <exception cref="ArgumentException">It evicts the register that it stores: no statement can do both.</exception>
    public Task<bool> WriteAsync(RegisterWrite write) => write.Evicted?.DeviceId != write.Register.DeviceId
        ? _lanes[(uint)write.User.GetHashCode() % (uint)_lanes.Length].EnqueueAsync(write)
        : throw new ArgumentException($"A register of {write.User} evicts itself.", nameof(write));

    /// <summary>Commits what waits, and takes nothing more; what is not committed by <paramref name="deadline"/> gets an error.</summary>
    public Task StopAsync(CancellationToken deadline) => Task.WhenAll(_lanes.Select(lane => lane.StopAsync(deadline)));

    private async Task CommitAsync(IReadOnlyList<BatchLane<RegisterWrite, bool>.Waiter> batch, CancellationToken cancellationToken)
    {
        StorageUnavailableException? unavailable = null;
        foreach (var statement in CommitBatch.Split(batch, waiter => waiter.Request))
        {
            unavailable = await CommitAsync(statement.AsMemory(), unavailable, cancellationToken);
        }
    }

    // Answers all rows, and says why Postgres could not be used, if so: what has not been tried then is known not to be stored.
    private async Task<StorageUnavailableException?> CommitAsync(
        Memory<BatchLane<RegisterWrite, bool>.Waiter> rows, StorageUnavailableException? unavailable, CancellationToken cancellationToken)
    {
        if (unavailable is not null)
        {
            Fail(rows.Span, new StorageUnavailableException(unavailable.Message));
            return unavailable;
        }

        var someStand = false;
        try
        {
            var lost = await _database.RunAsync(
                (connection, token) => ExecuteAsync(connection, rows, () => someStand = true, token), cancellationToken);
            for (var index = 0; index < rows.Length; index++)
            {
                rows.Span[index].Complete(!lost.Contains(index));
            }

            return null;
        }
        catch (StorageUnavailableException exception)
        {
            // Told to those who wait for this statement, and handed on for the others. Of two statements the first may have stored some.
            Fail(rows.Span, new StorageUnavailableException(exception.Message) { OutcomeUnknown = exception.OutcomeUnknown || someStand });
            return exception;
        }
        catch (PostgresException refused) when (rows.Length == 1)
        {
            var request = rows.Span[0].Request;
            LogRefused(request.User, request.ContentId, refused.SqlState, refused.MessageText);
            rows.Span[0].Fail(new InvalidOperationException($"Postgres refuses the report ({refused.SqlState})."));
            return null;
        }
        catch (PostgresException)
        {
            // One row is at fault, and Postgres does not say which: halving finds it, and all others are committed.
            unavailable = await CommitAsync(rows[..(rows.Length / 2)], null, cancellationToken);
            return await CommitAsync(rows[(rows.Length / 2)..], unavailable, cancellationToken);
        }
    }

    private static void Fail(ReadOnlySpan<BatchLane<RegisterWrite, bool>.Waiter> rows, StorageUnavailableException exception)
    {
        foreach (var row in rows)
        {
            row.Fail(exception);
        }
    }

    private async Task<HashSet<int>> ExecuteAsync(
        NpgsqlConnection connection,
        ReadOnlyMemory<BatchLane<RegisterWrite, bool>.Waiter> rows,
        Action someStand,
        CancellationToken cancellationToken)
    {
        if (!IsPlain(rows.Span))
        {
            return await ExecuteWholeAsync(connection, rows, cancellationToken);
        }

        if (await ExecutePlainAsync(connection, rows, cancellationToken))
        {
            return [];
        }

        someStand();
        return await ExecuteWholeAsync(connection, rows, cancellationToken);
    }

    // Whether all of them stand. If not, the whole statement tells which do not; to those that do it is a repeat.
    private async Task<bool> ExecutePlainAsync(
        NpgsqlConnection connection, ReadOnlyMemory<BatchLane<RegisterWrite, bool>.Waiter> rows, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(connection, PlainSql);
        AddStored(command.Parameters, rows.Span);
        await command.PrepareAsync(cancellationToken);
        return await command.ExecuteNonQueryAsync(cancellationToken) == rows.Length;
    }

    private async Task<HashSet<int>> ExecuteWholeAsync(
        NpgsqlConnection connection, ReadOnlyMemory<BatchLane<RegisterWrite, bool>.Waiter> rows, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(connection, Sql);
        AddStored(command.Parameters, rows.Span);
        AddEvicted(command.Parameters, rows.Span);
        AddMarks(command.Parameters, rows.Span);
        AddUsers(command.Parameters, rows.Span);
        await command.PrepareAsync(cancellationToken);
        var lost = new HashSet<int>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            lost.Add(reader.GetInt32(0) - 1);
        }

        // Only behind the last result has Postgres committed.
        await reader.NextResultAsync(cancellationToken);
        return lost;
    }

    private static bool IsPlain(ReadOnlySpan<BatchLane<RegisterWrite, bool>.Waiter> rows)
    {
        foreach (var row in rows)
        {
            if (row.Request is not { Evicted: null, Marks: null, UserSince: null })
            {
                return false;
            }
        }

        return true;
    }

    [LoggerMessage(1, LogLevel.Error, "Postgres refuses a report of user {User} for title {ContentId}: {SqlState} {Reason}")]
    private partial void LogRefused(UserId user, ContentId contentId, string sqlState, string reason);
}

/// <summary>Times as the schema holds them: whole milliseconds.</summary>
internal static class Milliseconds
{
    /// <summary>At most 1 000 000 s (<see cref="Limits.Position"/>), which an int holds.</summary>
    public static int Of(TimeSpan span) => checked((int)(span.Ticks / TimeSpan.TicksPerMillisecond));

    public static int? Of(TimeSpan? span) => span is { } known ? Of(known) : null;
}
