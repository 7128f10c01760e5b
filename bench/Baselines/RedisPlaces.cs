using System.Globalization;
using ContinueWatching.Contracts;
using StackExchange.Redis;

namespace ContinueWatching.Baselines;

/// <summary>
/// (c) The upsert for durability, and a hash per user in Redis, from which rows are read: one round trip for each. (The blogs' sorted set
/// beside it would cost another; at ten titles sorting here is cheaper.)
/// </summary>
internal sealed class RedisPlaces(UpsertPlaces places, IConnectionMultiplexer redis) : IPlaces
{
    private const int Row = 10;
    private const int FillBatch = 1_000;

    private readonly IDatabase _database = redis.GetDatabase();

    /// <summary>Makes the table, and the cache as warm as it can be.</summary>
    public async Task PrepareAsync()
    {
        await places.PrepareAsync();
        var writes = new List<Task>(FillBatch);
        await foreach (var (user, place) in places.ReadAllAsync())
        {
            writes.Add(_database.HashSetAsync(Key(user), Field(place), Write(place)));
            if (writes.Count == FillBatch)
            {
                await Task.WhenAll(writes);
                writes.Clear();
            }
        }

        await Task.WhenAll(writes);
    }

    public async ValueTask<DateTimeOffset> StoreAsync(UserId user, Report report)
    {
        var watchedAt = await places.StoreAsync(user, report);
        var place = Place.Of(report);
        await _database.HashSetAsync(Key(user.Value), Field(place), Write(place));
        return watchedAt;
    }

    public async ValueTask<IReadOnlyList<Place>> GetRowAsync(UserId user)
    {
        var entries = await _database.HashGetAllAsync(Key(user.Value));
        var row = new Place[entries.Length];
        for (var index = 0; index < row.Length; index++)
            row[index] = Read(entries[index]);
        Array.Sort(row, (left, right) => right.WatchedAt.CompareTo(left.WatchedAt));
        return row.Length <= Row ? row : row[..Row];
    }

    private static RedisKey Key(string user) => $"row:{user}";

    private static RedisValue Field(Place place) => place.ContentId.ToString("N");

    private static RedisValue Write(Place place) => string.Create(
        CultureInfo.InvariantCulture, $"{place.PositionMs},{place.DurationMs},{place.WatchedAt.UtcTicks},{place.DeviceId}");

    private static Place Read(HashEntry entry)
    {
        var parts = ((string)entry.Value!).Split(',', 4);
        return new Place(
            Guid.ParseExact((string)entry.Name!, "N"),
            parts[3],
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            parts[1].Length == 0 ? null : int.Parse(parts[1], CultureInfo.InvariantCulture),
            new DateTimeOffset(long.Parse(parts[2], CultureInfo.InvariantCulture), TimeSpan.Zero));
    }
}
