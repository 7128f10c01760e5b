using System.Collections.Immutable;
using ContinueWatching.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace ContinueWatching.Grains.Tests;

/// <summary>A user whom nobody else knows: reports, asks, and looks into Postgres. Times are seconds into the evening.</summary>
internal sealed class Viewer(GrainCluster cluster)
{
    public UserId User { get; } = UserId.Parse($"user-{Guid.NewGuid():N}");

    public IUserGrain Grain => cluster.Grains.GetUser(User);

    public IGrainContext Activation => cluster.ActivationOf(Grain);

    public static ContentId NewTitle() => new(Guid.NewGuid());

    public static DateTimeOffset At(double seconds) => GrainCluster.Evening.AddSeconds(seconds);

    /// <summary>A live report.</summary>
    public static Report Report(ContentId title, double position, double at, string device = "tv", double? duration = null) =>
        new(title, TimeSpan.FromSeconds(position), At(at))
        {
            DeviceId = DeviceId.Parse(device),
            Duration = duration is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };

    public Task<ReportResult> WatchAsync(
        ContentId title, double position, double at, string device = "tv", double? duration = null) =>
        Grain.ReportAsync(Report(title, position, at, device, duration));

    public async Task<WatchStatus?> StatusAsync(ContentId title) => (await Grain.GetWatchStatusAsync([title])).SingleOrDefault();

    public async Task<double?> PlaceAsync(ContentId title) => (await StatusAsync(title))?.Position.TotalSeconds;

    public async Task<ContentId[]> RowAsync() => [.. (await Grain.GetRowAsync()).Select(entry => entry.ContentId)];

    public Task SleepAsync() => cluster.DeactivateAsync(Grain);

    /// <summary>What Postgres holds of a title, the oldest first.</summary>
    public async Task<IReadOnlyList<Stored>> StoredAsync(ContentId title)
    {
        await using var command = cluster.Postgres.CreateCommand("""
            select device_id, position_ms, watched_at from resume
            where user_id = $1 and content_id = $2
            order by watched_at, device_id
            """);
        command.Parameters.Add(new() { Value = User.Value });
        command.Parameters.Add(new() { Value = title.Value });
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new List<Stored>();
        while (await reader.ReadAsync())
        {
            var at = (reader.GetFieldValue<DateTimeOffset>(2) - GrainCluster.Evening).TotalSeconds;
            stored.Add(new Stored(reader.GetString(0), reader.GetInt32(1) / 1000.0, at));
        }

        return stored;
    }

    /// <summary>Writes to Postgres past this cluster, as a silo does that nobody here knows.</summary>
    public async Task WriteElsewhereAsync(ContentId title, double position, double at, string device = "tv") =>
        await WriteElsewhereAsync([(title, position, at)], device);

    /// <summary>Writes a history to Postgres past this cluster; titles last 1 000 s.</summary>
    public async Task WriteElsewhereAsync(
        IEnumerable<(ContentId Title, double Position, double At)> history, string device = "tv")
    {
        var rows = history.ToArray();
        await using var command = cluster.Postgres.CreateCommand("""
            insert into resume (user_id, content_id, device_id, position_ms, duration_ms, watched_at)
            select $1, content_id, $2, position_ms, 1000000, watched_at
            from unnest($3::uuid[], $4::int[], $5::timestamptz[]) as t(content_id, position_ms, watched_at)
            on conflict (user_id, content_id, device_id) do update
              set position_ms = excluded.position_ms, watched_at = excluded.watched_at
            """);
        command.Parameters.Add(new() { Value = User.Value });
        command.Parameters.Add(new() { Value = device });
        command.Parameters.Add(new() { Value = rows.Select(row => row.Title.Value).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(row => (int)(row.Position * 1000)).ToArray() });
        command.Parameters.Add(new()
        {
            Value = rows.Select(row => At(row.At)).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>All that is held of the user's titles, as an import takes it.</summary>
    public async Task<TitleRecord[]> ExportAsync()
    {
        var titles = new List<TitleRecord>();
        ImmutableArray<TitleRecord> page;
        while (!(page = await Grain.ExportAsync(titles.Count == 0 ? null : titles[^1].ContentId)).IsEmpty)
            titles.AddRange(page);
        return [.. titles.Where(title => !title.Places.IsEmpty || (title.CompletedAt ?? title.HiddenAt ?? title.ForgottenAt) is not null)];
    }

    /// <summary>The same for comparing: an array of places equals itself alone.</summary>
    public async Task<string[]> HeldAsync() =>
        [.. (await ExportAsync()).Select(title => $"{title with { Places = [] }} {string.Join("; ", title.Places)}")];

    /// <summary>Writes marks to Postgres past this cluster, changed at <paramref name="changed"/>.</summary>
    public async Task MarkElsewhereAsync(
        ContentId title, double changed, double? completed = null, int count = 0, double? hidden = null, double? forgotten = null)
    {
        await using var command = cluster.Postgres.CreateCommand("""
            insert into title_mark (user_id, content_id, completed_at, play_count, hidden_at, forgotten_at, changed_at)
            values ($1, $2, $3::timestamptz, $4, $5::timestamptz, $6::timestamptz, $7::timestamptz)
            on conflict (user_id, content_id) do update
              set completed_at = excluded.completed_at, play_count = excluded.play_count, hidden_at = excluded.hidden_at,
                  forgotten_at = excluded.forgotten_at, changed_at = excluded.changed_at
            """);
        foreach (var value in new object?[] { User.Value, title.Value, Time(completed), count, Time(hidden), Time(forgotten), Time(changed) })
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        await command.ExecuteNonQueryAsync();

        static object? Time(double? seconds) => seconds is { } known ? At(known) : null;
    }

    /// <summary>How many rows Postgres holds of the user, in all tables that name users.</summary>
    public async Task<long> RowsAsync()
    {
        await using var command = cluster.Postgres.CreateCommand("""
            select (select count(*) from resume where user_id = $1) + (select count(*) from title_mark where user_id = $1)
              + (select count(*) from watchlist where user_id = $1) + (select count(*) from users where user_id = $1)
            """);
        command.Parameters.Add(new() { Value = User.Value });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Locks what Postgres holds of a title: a commit that changes it waits until the lock is disposed of.</summary>
    public async Task<RowLock> LockAsync(ContentId title)
    {
        var connection = await cluster.Postgres.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            "select from resume where user_id = $1 and content_id = $2 for update", connection, transaction);
        command.Parameters.Add(new() { Value = User.Value });
        command.Parameters.Add(new() { Value = title.Value });
        await command.ExecuteNonQueryAsync();
        return new RowLock(cluster, connection);
    }
}

/// <summary>One row of a title, in seconds.</summary>
internal sealed record Stored(string Device, double Position, double At);

/// <summary>A lock in Postgres, held by the test.</summary>
internal sealed class RowLock(GrainCluster cluster, NpgsqlConnection connection) : IAsyncDisposable
{
    /// <inheritdoc cref="GrainCluster.UntilBlockedAsync"/>
    public Task<int> UntilBlockedAsync(int but = 0) => cluster.UntilBlockedAsync(connection, but);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
