using ContinueWatching.Grains;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace ContinueWatching.Storage;

/// <summary>Puts Postgres behind the grains.</summary>
public static class StorageServices
{
    /// <summary>The name of the connection string.</summary>
    public const string ConnectionName = "Postgres";

    private const int ConnectTimeoutSeconds = 5;

    /// <summary>
    /// Adds the one <see cref="NpgsqlDataSource"/> of the process and the stores on it. To be called before Orleans is added, so that
    /// the database is ready before the silo, and the last commits are made after it.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">
    /// Holds <c>ConnectionStrings:Postgres</c> (looked at when the host starts) and the section <see cref="StorageOptions.Section"/>.
    /// </param>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => CreateDataSource(configuration));
        services.AddSingleton<Database>().AddSingleton<CommitWriter>().AddSingleton<ResumeLoader>().AddSingleton<DatabaseProbe>();
        services.AddSingleton<IResumeStore, ResumeStore>();
        services.AddHostedService<StorageLifetime>();
        return services;
    }

    /// <summary>Opens the database that <paramref name="configuration"/> names.</summary>
    /// <exception cref="InvalidOperationException">It names none, or not in the form of a connection string.</exception>
    public static NpgsqlDataSource CreateDataSource(IConfiguration configuration)
    {
        var text = configuration.GetConnectionString(ConnectionName);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidOperationException(
                "ConnectionStrings:Postgres is not set. Set it, for example as the environment variable ConnectionStrings__Postgres: "
                + "Host=…;Database=…;Username=…;Password=…");
        }

        try
        {
            var connection = new NpgsqlConnectionStringBuilder(text);
            if (!connection.ContainsKey(nameof(connection.Timeout)))
            {
                connection.Timeout = ConnectTimeoutSeconds;
            }

            return new NpgsqlDataSourceBuilder(connection.ConnectionString).Build();
        }
        catch (ArgumentException exception)
        {
            // The message names the keyword, never a value: a password stays out of the logs.
            throw new InvalidOperationException($"ConnectionStrings:Postgres is no connection string: {exception.Message}");
        }
    }
}
