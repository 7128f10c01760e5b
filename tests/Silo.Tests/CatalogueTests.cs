using ContinueWatching.Contracts;
using ContinueWatching.Grains;
using ContinueWatching.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Silo.Tests;

/// <summary>Titles of the catalogue, from silo to silo.</summary>
public sealed class CatalogueTests
{
    private static readonly ContentId _episode = new(new Guid("5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d01"));
    private static readonly ContentId _film = new(new Guid("0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11"));

    private static readonly Title _title = new(_episode)
    {
        Duration = TimeSpan.FromMilliseconds(2_640_001),
        CreditsStart = TimeSpan.FromSeconds(2565),
        SeriesId = SeriesId.Parse("cafe"),
        Season = 1,
        Episode = 2,
        NextContentId = _film,
        Kind = "episode",
    };

    [Fact]
    public async Task What_one_silo_stores_the_next_one_finds()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using (var first = await StartAsync(database))
        {
            await Grain(first, _episode).SetAsync(_title);
            await Grain(first, _film).SetAsync(new Title(_film));
            Assert.True(await Grain(first, _film).RemoveAsync());
            await first.StopAsync();
        }

        await using var second = await StartAsync(database);
        Assert.Equal(_title, await Grain(second, _episode).GetAsync());
        Assert.Null(await Grain(second, _film).GetAsync());
        Assert.Equal(_title, await second.Services.GetRequiredService<TitleCatalogue>().GetAsync(_episode, default));
        await second.StopAsync();
    }

    [Fact]
    public async Task While_the_database_is_away_rows_do_without_titles_and_the_log_says_so_once()
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var silo = await StartAsync(database);
        var catalogue = silo.Services.GetRequiredService<TitleCatalogue>();
        await Grain(silo, _episode).SetAsync(_title);

        await database.LetInAsync(allowed: false);
        Assert.Null(await catalogue.GetAsync(_film, default));
        Assert.Null(await catalogue.GetAsync(new ContentId(Guid.NewGuid()), default));
        Assert.Equal(_title, await catalogue.GetAsync(_episode, default));
        await database.LetInAsync(allowed: true);

        var said = Assert.Single(silo.Services.GetRequiredService<TestLogs>().Take(), line => line.Category == typeof(TitleCatalogue).FullName);
        Assert.Equal(LogLevel.Warning, said.Level);
        Assert.StartsWith("Titles cannot be looked up", said.Message, StringComparison.Ordinal);
        Assert.Null(said.Exception);
        await silo.StopAsync();
    }

    private static ITitleGrain Grain(WebApplication silo, ContentId id) =>
        silo.Services.GetRequiredService<IGrainFactory>().GetTitle(id);

    private static async Task<WebApplication> StartAsync(TestDatabase database)
    {
        var ports = ServiceProcess.FreePorts(2);
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:Postgres", database.ConnectionString),
            new("Cluster:SiloPort", $"{ports[0]}"),
            new("Cluster:GatewayPort", $"{ports[1]}"),
            new("Cluster:AdvertisedAddress", "127.0.0.1"),
            new("Cluster:AllowLoopback", "true"),
        ]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TestLogs>().AddSingleton<ILoggerProvider>(services => services.GetRequiredService<TestLogs>());
        builder.AddGrains(silo => silo.UsePostgresCluster());
        var app = builder.Build();
        await app.StartAsync();
        return app;
    }
}
