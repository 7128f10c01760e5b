using ContinueWatching.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace ContinueWatching.Baselines;

/// <summary>(b) One upsert per request, each its own commit. The connection string asks for prepared statements.</summary>
internal sealed class UpsertPlaces(NpgsqlDataSource source) : IPlaces
{
    // As fit for updates in place as the service's table; the row is sorted when it is read, which an index would make
    // cheaper and every heartbeat dearer.
    private const string Schema = """
        create table if not exists place (
          user_id     text collate "C" not null,
          content_id  uuid             not null,
          device_id   text collate "C" not null,
          position_ms int              not null,
          duration_ms int,
          watched_at  timestamptz      not null,
          primary key (user_id, content_id, device_id)
        ) with (fillfactor = 70)
        """;

    private const string Upsert = """
        insert into place as p (user_id, content_id, device_id, position_ms, duration_ms, watched_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (user_id, content_id, device_id) do update
          set position_ms = excluded.position_ms, watched_at = excluded.watched_at, duration_ms = coalesce(excluded.duration_ms, p.duration_ms)
          where p.watched_at <= excluded.watched_at
        """;

    private const string Newest =
        "select content_id, device_id, position_ms, duration_ms, watched_at from place where user_id = $1 order by watched_at desc limit 10";

    public async Task PrepareAsync()
    {
        await using var command = source.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask<DateTimeOffset> StoreAsync(UserId user, Report report)
    {
        var place = Place.Of(report);
        await using var command = source.CreateCommand(Upsert);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user.Value });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = place.ContentId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = place.DeviceId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = place.PositionMs });
        command.Parameters.Add(new NpgsqlParameter { Value = place.DurationMs ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = place.WatchedAt });
        await command.ExecuteNonQueryAsync();
        return place.WatchedAt;
    }

    public async ValueTask<IReadOnlyList<Place>> GetRowAsync(UserId user)
    {
        await using var command = source.CreateCommand(Newest);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user.Value });
        var row = new List<Place>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            row.Add(Read(reader, 0));
        return row;
    }

    /// <summary>Every place of everybody, for a cache.</summary>
    public async IAsyncEnumerable<(string User, Place Place)> ReadAllAsync()
    {
        await using var command = source.CreateCommand(
            "select user_id, content_id, device_id, position_ms, duration_ms, watched_at from place");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            yield return (reader.GetString(0), Read(reader, 1));
    }

    private static Place Read(NpgsqlDataReader reader, int first) => new(
        reader.GetGuid(first),
        reader.GetString(first + 1),
        reader.GetInt32(first + 2),
        reader.IsDBNull(first + 3) ? null : reader.GetInt32(first + 3),
        reader.GetFieldValue<DateTimeOffset>(first + 4));
}
