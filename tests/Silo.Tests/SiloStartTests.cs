using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace ContinueWatching.Silo.Tests;

/// <summary>A real silo, with real sockets, on our membership tables.</summary>
public sealed class SiloStartTests(OrleansDatabase database) : IClassFixture<OrleansDatabase>
{
    [Fact]
    public async Task A_silo_becomes_active_and_leaves_as_dead()
    {
        using var host = Build();

        await host.StartAsync();
        Assert.Equal(SiloStatus.Active, await StatusAsync());
        var management = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        Assert.Single(await management.GetHosts(onlyActive: true));
        await host.StopAsync();

        Assert.Equal(SiloStatus.Dead, await StatusAsync());
    }

    private IHost Build()
    {
        var (siloPort, gatewayPort) = FreePorts();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("start", "continue-watching"))
            .ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort)
            .UseAdoNetClustering(options => (options.Invariant, options.DataSource) = ("Npgsql", database.DataSource))
            .AddAdoNetGrainStorage(
                "titles", options => (options.Invariant, options.DataSource) = ("Npgsql", database.DataSource)));
        return builder.Build();
    }

    private async Task<SiloStatus> StatusAsync() =>
        (SiloStatus)await database.ScalarAsync<int>("select Status from OrleansMembershipTable where DeploymentId = 'start'");

    private static (int Silo, int Gateway) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
