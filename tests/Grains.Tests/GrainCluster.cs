using ContinueWatching.Silo;
using ContinueWatching.Storage;
using ContinueWatching.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace ContinueWatching.Grains.Tests;

/// <summary>Two silos with the real storage on a live Postgres. Their clock stands still at <see cref="Now"/>.</summary>
public sealed class GrainCluster : IAsyncDisposable
{
    /// <summary>The evening on which everything in these tests is watched; reports count seconds from it.</summary>
    public static readonly DateTimeOffset Evening = new(2026, 3, 1, 20, 0, 0, TimeSpan.Zero);

    /// <summary>The silos' clock: the next morning.</summary>
    public static readonly DateTimeOffset Now = Evening.AddHours(12);

    private readonly InProcessTestCluster _cluster;
    private readonly TestDatabase _database;

    private GrainCluster(InProcessTestCluster cluster, TestDatabase database) => (_cluster, _database) = (cluster, database);

    public IGrainFactory Grains => _cluster.Client;

    public NpgsqlDataSource Postgres => _database.DataSource;

    public static async Task<GrainCluster> StartAsync(
        TestDatabase database, Action<StorageOptions>? storage = null, Action<IServiceCollection>? services = null)
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Configuration.AddInMemoryCollection([new("ConnectionStrings:Postgres", database.ConnectionString)]);
            host.Services.Configure(storage ?? (_ => { }));
            host.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(Now));
            host.Services.AddStorage(host.Configuration).AddSingleton<GrainInstruments>().AddSingleton<UserServices>();
            services?.Invoke(host.Services);
        });
        builder.ConfigureSilo((_, silo) => silo.AddCatalogue().Services.UseTimeProviderForBackgroundAreas(TimeProvider.System));
        // So that a test knows when its cancellation has arrived.
        builder.ConfigureClient(client => client.Configure<ClientMessagingOptions>(
            messaging => messaging.WaitForCancellationAcknowledgement = true));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new GrainCluster(cluster, database);
    }

    /// <summary>The grain goes to sleep, and is gone when this returns.</summary>
    public Task DeactivateAsync(IAddressable grain) => _cluster.DeactivateAsync(grain);

    /// <summary>The one activation that the grain has at this moment, somewhere in the cluster.</summary>
    public IGrainContext ActivationOf(IAddressable grain) =>
        _cluster.TryGetGrainContext(grain.GetGrainId(), out var context)
            ? context
            : throw new InvalidOperationException($"{grain.GetGrainId()} is not active.");

    /// <summary>Returns when a session waits for a lock of <paramref name="holder"/>'s: each round trip asks Postgres.</summary>
    /// <param name="holder">The test's connection.</param>
    /// <param name="but">A backend known to be on its way out.</param>
    /// <returns>The backend that waits.</returns>
    public async Task<int> UntilBlockedAsync(NpgsqlConnection holder, int but)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            await using var command = Postgres.CreateCommand(
                "select pid from pg_stat_activity where $1 = any (pg_blocking_pids(pid)) and pid <> $2");
            command.Parameters.Add(new() { Value = holder.ProcessID });
            command.Parameters.Add(new() { Value = but });
            if (await command.ExecuteScalarAsync(patience.Token) is int pid)
                return pid;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _database.DisposeAsync();
    }
}

/// <summary>The cluster that all tests share which do no harm to it.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private GrainCluster? _cluster;

    public GrainCluster Cluster => _cluster!;

    internal Viewer NewViewer() => new(Cluster);

    public async Task InitializeAsync() => _cluster = await GrainCluster.StartAsync(await TestPostgres.CreateDatabaseAsync());

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}

/// <summary>Tests on the shared cluster run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class OnSharedCluster : ICollectionFixture<SharedCluster>
{
    public const string Name = "shared cluster";
}
