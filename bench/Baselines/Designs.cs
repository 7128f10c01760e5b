using ContinueWatching.Bench.Load;
using ContinueWatching.Contracts;
using Npgsql;
using StackExchange.Redis;

namespace ContinueWatching.Baselines;

/// <summary>Chooses the design, by <c>Design</c> in the configuration: <c>Empty</c>, <c>Upsert</c>, <c>UpsertRedis</c>, <c>GrainStorage</c>.</summary>
internal static class Designs
{
    public static void AddPlaces(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton(new Population(builder.Configuration.GetValue("Titles", 10)));
        var design = builder.Configuration["Design"];
        if (design != "Empty")
            services.AddSingleton(NpgsqlDataSource.Create(builder.Configuration.GetConnectionString("Postgres")!));
        switch (design)
        {
            case "Empty":
                services.AddSingleton<IPlaces, EmptyPlaces>();
                break;
            case "Upsert":
                services.AddSingleton<UpsertPlaces>();
                services.AddSingleton<IPlaces>(provider => provider.GetRequiredService<UpsertPlaces>());
                break;
            case "UpsertRedis":
                services.AddSingleton<UpsertPlaces>();
                services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(builder.Configuration["Redis"]!));
                services.AddSingleton<IPlaces, RedisPlaces>();
                break;
            case "GrainStorage":
                builder.AddGrainStorage();
                break;
            default:
                throw new InvalidOperationException($"Design was {design}; allowed: Empty, Upsert, UpsertRedis, GrainStorage.");
        }
    }
}

/// <summary>(a) Nothing behind the endpoint: what ASP.NET, the sign-in, the checks and the JSON cost.</summary>
internal sealed class EmptyPlaces(Population population) : IPlaces
{
    private const int Row = 10;

    // Of nobody in particular, and of the length that everybody's have.
    private readonly Place[] _row = [.. population.Places(Population.UserId(0)).Take(Row).Select(Place.Of)];

    public Task PrepareAsync() => Task.CompletedTask;

    public ValueTask<DateTimeOffset> StoreAsync(UserId user, Report report) => new(report.ReceivedAt);

    public ValueTask<IReadOnlyList<Place>> GetRowAsync(UserId user) => new(_row);
}
