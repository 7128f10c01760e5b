using ContinueWatching.Client;
using ContinueWatching.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Where users live who come all at once, before and right after a silo is added.</summary>
public sealed class PlacementTests(ITestOutputHelper output)
{
    private const int Users = 2_000;
    private const int AtOnce = 200;

    // Five standard deviations of what chance does to a third, or a fourth, of the users.
    private const int Tolerance = 110;

    [Fact]
    public async Task Users_are_spread_evenly_over_the_silos_and_over_one_that_has_just_come()
    {
        await using var deployment = await Deployment.CreateAsync();
        await deployment.StartReadySilosAsync(3);
        using var host = await ConnectAsync(deployment);
        var grains = host.Services.GetRequiredService<IGrainFactory>();

        var first = await WakeAsync(grains, "first");
        AssertEven(first, silos: 3);
        await deployment.StartReadySiloAsync();
        var both = await WakeAsync(grains, "second");

        AssertEven(both.ToDictionary(silo => silo.Key, silo => silo.Value - first.GetValueOrDefault(silo.Key)), silos: 4);
        await host.StopAsync();
    }

    private void AssertEven(Dictionary<SiloAddress, int> users, int silos)
    {
        output.WriteLine(string.Join(", ", users.Values));
        Assert.Equal(silos, users.Count);
        Assert.All(users.Values, count => Assert.InRange(count, (Users / silos) - Tolerance, (Users / silos) + Tolerance));
    }

    private static async Task<IHost> ConnectAsync(Deployment deployment)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:Postgres"] = deployment.ConnectionString;
        builder.Logging.ClearProviders();
        builder.UseContinueWatching();
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    // How many users each silo has afterwards.
    private static async Task<Dictionary<SiloAddress, int>> WakeAsync(IGrainFactory grains, string prefix)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Users),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (number, cancellationToken) => await grains.GetUser(UserId.Parse($"{prefix}-{number}")).GetProfileAsync(cancellationToken));
        var counts = await grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics();
        return counts.Where(count => count.GrainType.Contains("UserGrain", StringComparison.Ordinal))
            .GroupBy(count => count.SiloAddress)
            .ToDictionary(silo => silo.Key, silo => silo.Sum(count => count.ActivationCount));
    }
}
