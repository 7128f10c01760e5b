using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace ContinueWatching.Client;

/// <summary>The way of an internal service to the grains: an external client that finds the silos' gateways in Postgres.</summary>
public static class ClientHost
{
    /// <summary>
    /// Adds an <see cref="IGrainFactory"/> for the grains of Continue Watching. The host has started when a silo is found, however long
    /// that takes; stopping it ends the search.
    /// </summary>
    /// <param name="builder">
    /// Its configuration holds <c>ConnectionStrings:Postgres</c>, the silos' database, and may hold the section
    /// <see cref="ClusterSettings.Section"/>.
    /// </param>
    public static void UseContinueWatching(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ClusterSettings>().BindConfiguration(ClusterSettings.Section).ValidateDataAnnotations().ValidateOnStart();

        // Not as the NpgsqlDataSource of the process: that may be another database, of the service's own.
        builder.Services.AddSingleton(_ => new MembershipDatabase(CreateDataSource(builder.Configuration)));
        builder.UseOrleansClient(client =>
        {
            client.UseAdoNetClustering(options => options.Configure<MembershipDatabase>((orleans, database) =>
                (orleans.Invariant, orleans.DataSource) = ("Npgsql", database.Source)));
            client.AddActivityPropagation();
            client.UseConnectionRetryFilter<UntilThereIsASilo>();
            client.Services.AddOptions<GatewayOptions>().Configure<IOptions<ClusterSettings>>((orleans, settings) =>
                orleans.GatewayListRefreshPeriod = settings.Value.GatewayRefresh);
            client.Services.AddOptions<ConnectionOptions>().Configure<IOptions<ClusterSettings>>((orleans, settings) =>
                orleans.OpenConnectionTimeout = settings.Value.ConnectTimeout);
            client.Services.AddOptions<ClusterOptions>().Configure<IOptions<ClusterSettings>>((orleans, settings) =>
                (orleans.ClusterId, orleans.ServiceId) = (settings.Value.ClusterId, settings.Value.ServiceId));
            client.Services.AddOptions<ClientMessagingOptions>().Configure<IOptions<ClusterSettings>>((orleans, settings) =>
                (orleans.ResponseTimeout, orleans.CancelRequestOnTimeout) = (settings.Value.ResponseTimeout, true));
        });
    }

    private static NpgsqlDataSource CreateDataSource(IConfiguration configuration)
    {
        const string form = "Host=…;Database=…;Username=…;Password=…, a value with ; or = in it in quotes";
        var text = configuration.GetConnectionString("Postgres");
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidOperationException(
                "ConnectionStrings:Postgres is not set: the silos are found in their database. Set it, for example as the environment "
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

    private sealed class MembershipDatabase(NpgsqlDataSource source) : IAsyncDisposable, IDisposable
    {
        public NpgsqlDataSource Source => source;

        public ValueTask DisposeAsync() => source.DisposeAsync();

        public void Dispose() => source.Dispose();
    }
}
