using System.Data.Common;
using ContinueWatching.Grains;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
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
        services.AddMetrics().AddSingleton<StorageInstruments>();
        services.AddSingleton<Database>().AddSingleton<CommitWriter>().AddSingleton<ResumeLoader>();
        services.AddSingleton(provider => new DatabaseProbe(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<IOptions<StorageOptions>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IResumeStore, ResumeStore>();
        services.AddSingleton<IUserStore, UserStore>();
        services.AddSingleton<ErasureSweep>().AddHostedService<StorageLifetime>().AddHostedService(provider => provider.GetRequiredService<ErasureSweep>());
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
            return new NpgsqlDataSourceBuilder(Parse(text).ConnectionString).Build();
        }
        catch (ArgumentException exception)
        {
            throw new InvalidOperationException($"ConnectionStrings:Postgres is no connection string: {exception.Message}");
        }
    }

    // Npgsql's own message names an unknown keyword. A URL, or a password with ; and = in it, would then be in the log.
    private static NpgsqlConnectionStringBuilder Parse(string text)
    {
        // Nothing here leaves anything in a session, and to have it cleared cost seven statements before each commit.
        var connection = new NpgsqlConnectionStringBuilder { Timeout = ConnectTimeoutSeconds, NoResetOnClose = true };
        var given = new DbConnectionStringBuilder { ConnectionString = text };
        var place = 0;
        foreach (string keyword in given.Keys)
        {
            place++;
            if (!connection.ContainsKey(keyword))
            {
                throw new ArgumentException(
                    $"its keyword number {place} is unknown. The form is Host=…;Database=…; a value with ; or = in it stands in quotes.");
            }

            connection[keyword] = given[keyword];
        }

        return connection;
    }
}
