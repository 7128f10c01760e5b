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
                orleans.CollectionAge = settings.Value.GrainIdleTime);
            silo.Services.AddOptions<SiloMessagingOptions>().Configure<IOptions<SiloSettings>>((orleans, settings) =>
                (orleans.ResponseTimeout, orleans.MaxEnqueuedRequestsHardLimit) = (settings.Value.ResponseTimeout, settings.Value.UserQueue));
            silo.AddActivityPropagation();

            // What it counts begins at zero when the silo does.
            silo.AddStartupTask((services, _) => Task.FromResult(services.GetRequiredService<GrainInstruments>()));
            silo.AddCatalogue();
            cluster(silo);
        });
        builder.Services.AddSingleton<GrainInstruments>().AddSingleton<SiloReadiness>();
    }

    /// <summary>Joins the cluster whose members meet in Postgres.</summary>
    public static void UsePostgresCluster(this ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(options => options.Configure<NpgsqlDataSource>((orleans, source) =>
            (orleans.Invariant, orleans.DataSource) = ("Npgsql", source)));
        silo.Services.Configure<ClusterMembershipOptions>(SetPace);
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
    private static void SetPace(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(3);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(3);
    }

    private static void AddValidated<TOptions>(this IServiceCollection services, string section)
        where TOptions : class =>
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
}
