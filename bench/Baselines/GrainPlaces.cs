using ContinueWatching.Bench.Load;
using ContinueWatching.Contracts;
using Npgsql;
using Orleans.Concurrency;

namespace ContinueWatching.Baselines;

/// <summary>(d) A grain per user, its state one document in Orleans' AdoNet storage, written with every report.</summary>
internal sealed class GrainPlaces(IGrainFactory grains) : IPlaces
{
    public Task PrepareAsync() => Task.CompletedTask;

    public async ValueTask<DateTimeOffset> StoreAsync(UserId user, Report report) =>
        await grains.GetGrain<IPlacesGrain>(user.Value).ReportAsync(report);

    public async ValueTask<IReadOnlyList<Place>> GetRowAsync(UserId user) =>
        [.. (await grains.GetGrain<IPlacesGrain>(user.Value).GetRowAsync()).Select(kept => kept.ToPlace())];
}

/// <summary>Adds the silo, in this process, and its storage.</summary>
internal static class GrainStorageHost
{
    public static void AddGrainStorage(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IPlaces, GrainPlaces>();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(
                builder.Configuration.GetValue<int>("SiloPort"), builder.Configuration.GetValue<int>("GatewayPort"));
            silo.UseSystemTextJsonGrainStorageSerializer();
            silo.AddAdoNetGrainStorageAsDefault(options => options.Configure<NpgsqlDataSource>((storage, source) =>
                (storage.Invariant, storage.DataSource) = ("Npgsql", source)));
        });
    }
}

/// <summary>One user's places.</summary>
[Alias("cw.bench.IPlacesGrain")]
internal interface IPlacesGrain : IGrainWithStringKey
{
    /// <summary>Durable when it returns.</summary>
    [Alias("report")]
    Task<DateTimeOffset> ReportAsync(Report report);

    /// <summary>The newest ten.</summary>
    [AlwaysInterleave, Alias("getRow")]
    Task<KeptPlace[]> GetRowAsync();
}

/// <summary>A place in the document.</summary>
[GenerateSerializer, Immutable, Alias("cw.bench.KeptPlace")]
internal sealed record KeptPlace(
    [property: Id(0)] Guid ContentId,
    [property: Id(1)] string DeviceId,
    [property: Id(2)] int PositionMs,
    [property: Id(3)] int? DurationMs,
    [property: Id(4)] DateTimeOffset WatchedAt)
{
    public static KeptPlace Of(Place place) => new(place.ContentId, place.DeviceId, place.PositionMs, place.DurationMs, place.WatchedAt);

    public Place ToPlace() => new(ContentId, DeviceId, PositionMs, DurationMs, WatchedAt);
}

/// <summary>The document.</summary>
internal sealed class PlacesDocument
{
    public Dictionary<Guid, KeptPlace> Places { get; set; } = [];
}

/// <inheritdoc cref="IPlacesGrain"/>
internal sealed class PlacesGrain(
    [PersistentState("places")] IPersistentState<PlacesDocument> document, Population population) : Grain, IPlacesGrain
{
    private const int Row = 10;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // A user never stored has watched what the others' tables are seeded with; it is written with the first report.
        if (!document.RecordExists)
        {
            foreach (var place in population.Places(this.GetPrimaryKeyString()).Select(Place.Of))
                document.State.Places[place.ContentId] = KeptPlace.Of(place);
        }

        return Task.CompletedTask;
    }

    public async Task<DateTimeOffset> ReportAsync(Report report)
    {
        document.State.Places[report.ContentId.Value] = KeptPlace.Of(Place.Of(report));
        await document.WriteStateAsync();
        return report.ReceivedAt;
    }

    public Task<KeptPlace[]> GetRowAsync() => Task.FromResult(
        document.State.Places.Values.OrderByDescending(place => place.WatchedAt).Take(Row).ToArray());
}
