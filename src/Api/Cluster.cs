using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace ContinueWatching.Api;

/// <summary>The API process's own way to the silos: an external client that finds their gateways in Postgres.</summary>
internal static class Cluster
{
    // A silo that replaces a lost one stands at another address; asking for it is one small query.
    private static readonly TimeSpan _gatewayRefresh = TimeSpan.FromSeconds(5);

    public static void AddClusterClient(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ClusterSettings>().BindConfiguration(ClusterSettings.Section).ValidateDataAnnotations().ValidateOnStart();

        // The client starts when it has found a silo. Until then the process is alive, listens, and says that it is not ready.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        ListenOrStop.Decorate(builder.Services);
        builder.Services.AddSingleton(_ => CreateDataSource(builder.Configuration));
        builder.UseOrleansClient(client =>
        {
            client.UseAdoNetClustering(options => options.Configure<NpgsqlDataSource>((orleans, source) =>
                (orleans.Invariant, orleans.DataSource) = ("Npgsql", source)));
            client.UseConnectionRetryFilter<UntilThereIsASilo>();
            client.Services.Configure<GatewayOptions>(orleans => orleans.GatewayListRefreshPeriod = _gatewayRefresh);
            client.Services.AddOptions<ClusterOptions>().Configure<IOptions<ClusterSettings>>((orleans, settings) =>
                (orleans.ClusterId, orleans.ServiceId) = (settings.Value.ClusterId, settings.Value.ServiceId));
            client.Services.AddOptions<ClientMessagingOptions>().Configure<IOptions<ClusterSettings>>((orleans, settings) =>
                orleans.ResponseTimeout = settings.Value.ResponseTimeout);
        });
    }

    private static NpgsqlDataSource CreateDataSource(IConfiguration configuration)
    {
        const string form = "Host=…;Database=…;Username=…;Password=…, a value with ; or = in it in quotes";
        var text = configuration.GetConnectionString("Postgres");
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidOperationException(
                "ConnectionStrings:Postgres is not set: the API finds the silos in their database. Set it, for example as the environment "
                + $"variable ConnectionStrings__Postgres: {form}");
        }

        try
        {
            return NpgsqlDataSource.Create(text);
        }
        catch (ArgumentException)
        {
            // Npgsql's message quotes what it does not know, which may be half of a password.
            throw new InvalidOperationException($"ConnectionStrings:Postgres is no connection string. The form is {form}");
        }
    }
}
