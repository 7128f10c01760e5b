using System.Net;
using ContinueWatching.Grains;
using ContinueWatching.Storage;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace ContinueWatching.Silo;

/// <summary>Composes a silo: the grains, Postgres behind them, and its place in the cluster.</summary>
public static class SiloHost
{
    // How much of the memory is freed when it has come to its limit, in percent.
    private const int MemoryRelief = 5;

    // Grains deactivate, and the commit queue empties, in well under a second, unless Postgres is away. Shorter than the 2 min after which ECS
    // kills at the latest.
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(60);

    /// <summary>Adds the grains and what they stand on; the cluster itself is the caller's choice.</summary>
    public static void AddGrains(this WebApplicationBuilder builder, Action<ISiloBuilder> cluster)
    {
        builder.Services.AddValidated<WatchOptions>(WatchOptions.Section);
        builder.Services.AddValidated<CatalogueOptions>(CatalogueOptions.Section);
        builder.Services.AddValidated<StorageOptions>(StorageOptions.Section);
        builder.Services.AddValidated<SiloSettings>(SiloSettings.Section);

        // In front of Orleans: ready before it starts, stopped after it.
        builder.Services.AddStorage(builder.Configuration);
        builder.UseOrleans(silo =>
        {
            silo.Services.AddOptions<ClusterOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
                (orleans.ClusterId, orleans.ServiceId) = (settings.Value.ClusterId, settings.Value.ServiceId));
            silo.Services.AddOptions<GrainCollectionOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
            {
                orleans.CollectionAge = settings.Value.GrainIdleTime;
                orleans.EnableActivationSheddingOnMemoryPressure = true;
                orleans.MemoryUsageLimitPercentage = settings.Value.MemoryLimit;
                orleans.MemoryUsageTargetPercentage = settings.Value.MemoryLimit - MemoryRelief;
            });
            silo.Services.AddOptions<SiloMessagingOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
            {
                (orleans.ResponseTimeout, orleans.CancelRequestOnTimeout) = (settings.Value.ResponseTimeout, true);
                orleans.MaxEnqueuedRequestsHardLimit = settings.Value.UserQueue;
            });
            silo.Services.AddOptions<LoadSheddingOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
            {
                orleans.LoadSheddingEnabled = settings.Value.CpuLimit > 0;
                orleans.CpuThreshold = settings.Value.CpuLimit > 0 ? settings.Value.CpuLimit : orleans.CpuThreshold;
            });
            silo.AddRecordedTraces();

            // What it counts begins at zero when the silo does.
            silo.AddStartupTask((services, _) => Task.FromResult(services.GetRequiredService<GrainInstruments>()));
            silo.AddCatalogue();
            cluster(silo);
        });
        builder.Services.AddSingleton<GrainInstruments>().AddSingleton<UserServices>().AddSingleton<SiloReadiness>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = _stopLimit);
    }

    /// <summary>Joins the cluster whose members meet in Postgres.</summary>
    public static void UsePostgresCluster(this ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(options => options.Configure<NpgsqlDataSource>((orleans, source) =>
            (orleans.Invariant, orleans.DataSource) = ("Npgsql", source)));
        // Which silo a user is on is handed over when silos come and go, so that no second silo takes the user up meanwhile and answers from what it
        // has read too early. After a crash nobody waits for a lease to end: Postgres is the fence.
#pragma warning disable ORLEANSEXP003 // Orleans 10 still calls it experimental.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);
        silo.Services.AddOptions<ClusterMembershipOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
            SetPace(orleans, settings.Value));
        silo.Services.AddOptions<ConnectionOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
            orleans.OpenConnectionTimeout = settings.Value.ConnectTimeout);
        silo.Services.AddSingleton<IValidateOptions<EndpointOptions>, AddressForOthers>();
        silo.Services.AddOptions<EndpointOptions>().ValidateOnStart();
        silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
        {
            (orleans.SiloPort, orleans.GatewayPort) = (settings.Value.SiloPort, settings.Value.GatewayPort);
            if (settings.Value.AdvertisedAddress is { } text)
            {
                var address = IPAddress.Parse(text);
                var listen = IPAddress.IsLoopback(address) ? address : IPAddress.Any;
                orleans.AdvertisedIPAddress = address;
                orleans.SiloListeningEndpoint = new IPEndPoint(listen, orleans.SiloPort);
                orleans.GatewayListeningEndpoint = new IPEndPoint(listen, orleans.GatewayPort);
            }
        });
    }

    // How soon a lost silo is found out. Orleans's own pace is made for clusters of hundreds: a killed silo keeps its users for 7 s, a hung
    // one for more than a minute, and what takes the place of an only silo waits 90 s for the entry of the lost one to grow stale.
    private static void SetPace(ClusterMembershipOptions membership, SiloSettings settings)
    {
        membership.ProbeTimeout = settings.ProbeTimeout;
        membership.MinProbeTimeout = settings.ProbeTimeout / 2;

        // Votes are held back, too, until a silo has been silent for as many of these.
        membership.MaxProbeTimeout = settings.ProbeTimeout * 1.5;
        membership.NumMissedProbesLimit = settings.MissedProbes;
        membership.NumVotesForDeathDeclaration = settings.Votes;
        membership.IAmAliveTablePublishTimeout = settings.AliveInterval;
        membership.TableRefreshTimeout = settings.MembersRefresh;
    }

    private static void AddValidated<TOptions>(this IServiceCollection services, string section)
        where TOptions : class =>
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
}
