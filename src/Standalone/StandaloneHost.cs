using System.Net;
using ContinueWatching.Api;
using ContinueWatching.Hosting;
using ContinueWatching.Silo;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace ContinueWatching.Standalone;

/// <summary>Composes silo and API in one process, on a Postgres of its own or on one that it is given.</summary>
internal sealed class StandaloneHost : IAsyncDisposable
{
    private readonly EmbeddedPostgres? _postgres;

    private StandaloneHost(WebApplication app, EmbeddedPostgres? postgres) => (App, _postgres) = (app, postgres);

    public WebApplication App { get; }

    /// <summary>Starts the database and builds the rest.</summary>
    /// <exception cref="EmbeddedPostgresException">There is no Postgres, or it does not start; the message says what to do.</exception>
    /// <exception cref="InvalidOperationException">The arguments contradict the configuration.</exception>
    /// <param name="arguments">What the command line says.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="configure">Adds services of the caller's, which stand in front of those that are added by default: a clock.</param>
    public static async Task<StandaloneHost> CreateAsync(
        Arguments arguments, CancellationToken cancellationToken, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = arguments.Configuration,
            ContentRootPath = AppContext.BaseDirectory,
        });
        configure?.Invoke(builder.Services);
        builder.Configuration["urls"] ??= Addresses.Default;
        var hasDatabase = builder.Configuration.GetConnectionString("Postgres") is { Length: > 0 };
        var key = DevKey(builder.Configuration, arguments, isEmbedded: !hasDatabase);
        var postgres = hasDatabase ? null : await StartPostgresAsync(builder, arguments.DataDirectory, cancellationToken);
        try
        {
            builder.AddAdminListener();
            builder.AddTelemetry("continue-watching");
            AddGrains(builder, isAlone: postgres is not null);
            // Nobody balances the load of one.
            builder.Configuration.GetSection(ApiSettings.Section)[nameof(ApiSettings.DrainTime)] ??= $"{TimeSpan.Zero}";
            builder.AddApi();
            if (key is not null)
            {
                builder.Services.AddDemoPage();
            }

            var app = builder.Build();
            if (key is not null)
            {
                // The admin listener has its own port to itself.
                app.UseAdminListener();
                app.UseDemoPage();
            }

            app.MapApi();
            if (key is not null)
            {
                app.MapDevTokens(key, loopbackOnly: !arguments.DevTokens);
            }

            app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(Welcome.Text(app.Urls.First(), key is not null, postgres)));
            return new StandaloneHost(app, postgres);
        }
        catch
        {
            // Nobody else holds the server yet: left alone it would outlive the process.
            await DisposeAsync(postgres);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await DisposeAsync(_postgres);
    }

    private static async ValueTask DisposeAsync(EmbeddedPostgres? postgres)
    {
        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }
    }

    // Development tokens make everybody whoever they like: only where nobody else comes in, unless asked for by name.
    private static byte[]? DevKey(ConfigurationManager configuration, Arguments arguments, bool isEmbedded)
    {
        var section = $"Authentication:Schemes:{JwtBearerDefaults.AuthenticationScheme}";
        var hasOwnTokens = configuration.GetSection(section).Exists();
        if (hasOwnTokens && arguments.DevTokens)
        {
            throw new InvalidOperationException($"--dev-tokens and {section} exclude each other: whose tokens are good?");
        }

        if (hasOwnTokens)
        {
            return null;
        }

        if (!arguments.DevTokens && !(isEmbedded && Addresses.AreLoopback(configuration)))
        {
            throw new InvalidOperationException(
                $"Others can reach {(isEmbedded ? configuration["urls"] : "this database")}, so not everybody gets a token for the asking. "
                + $"Configure whose tokens are good ({section}:ValidIssuer, {section}:ValidAudience and its keys), or say --dev-tokens.");
        }

        var key = DevTokenKey.LoadOrCreate(arguments.DataDirectory);
        configuration.AddInMemoryCollection(DevTokenRoute.Configuration(key));
        return key;
    }

    private static async Task<EmbeddedPostgres> StartPostgresAsync(
        WebApplicationBuilder builder, string dataDirectory, CancellationToken cancellationToken)
    {
        using var logging = LoggerFactory.Create(log => log.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole());
        var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataDirectory = Path.Combine(dataDirectory, "postgres") },
            logging.CreateLogger<EmbeddedPostgres>(),
            cancellationToken);
        builder.Configuration["ConnectionStrings:Postgres"] = postgres.ConnectionString;
        return postgres;
    }

    // On a database of its own it is alone. On one that it is given there may be others: they make one cluster, in which each user has one
    // grain. It lets itself be found on this machine only, unless it is told its address.
    private static void AddGrains(WebApplicationBuilder builder, bool isAlone)
    {
        var cluster = builder.Configuration.GetSection(SiloSettings.Section);
        cluster[nameof(SiloSettings.SiloPort)] ??= $"{Addresses.FreePort()}";
        cluster[nameof(SiloSettings.GatewayPort)] ??= $"{Addresses.FreePort()}";
        cluster[nameof(SiloSettings.AdvertisedAddress)] ??= $"{IPAddress.Loopback}";
        cluster[nameof(SiloSettings.AllowLoopback)] ??= $"{true}";
        builder.AddGrains(silo =>
        {
            if (isAlone)
            {
                silo.UseLocalhostClustering(
                    cluster.GetValue<int>(nameof(SiloSettings.SiloPort)), cluster.GetValue<int>(nameof(SiloSettings.GatewayPort)));
            }
            else
            {
                silo.UsePostgresCluster();
            }
        });
    }
}
