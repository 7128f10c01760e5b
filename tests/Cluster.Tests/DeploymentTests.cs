using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Silo and API as processes of their own: who finds whom, and how they start and stop.</summary>
public sealed class DeploymentTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _failoverLimit = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task An_API_that_is_there_before_any_silo_is_alive_and_not_ready_and_finds_the_first_one()
    {
        await using var deployment = await Deployment.CreateAsync();
        var viewer = deployment.SignIn("123");
        var api = deployment.StartApi();

        await api.AnswersAsync(new Uri(deployment.Api, "/health/live"));
        await api.AnswersAsync(deployment.ApiReady, HttpStatusCode.ServiceUnavailable);
        await viewer.AssertRefusedForNowAsync();
        var silo = deployment.StartSilo();
        await silo.Process.AnswersAsync(silo.Ready);
        var clock = Stopwatch.StartNew();
        await api.AnswersAsync(deployment.ApiReady, within: _failoverLimit);

        output.WriteLine($"Ready {clock.Elapsed.TotalSeconds:0.0} s after the silo.");
        await viewer.AssertTakenAsync();
        Logs.AssertNoStackTrace(api);
        Logs.AssertQuiet(silo.Process);
    }

    [Fact]
    public async Task Silo_and_API_stop_without_a_word_of_trouble()
    {
        await using var deployment = await Deployment.CreateAsync();
        var silo = await deployment.StartReadySiloAsync();
        var api = await deployment.StartReadyApiAsync();
        var viewer = deployment.SignIn("123");
        await viewer.AssertTakenAsync();

        api.Signal(Signals.Terminate);
        Assert.Equal(0, await api.ExitAsync(_stopLimit));
        silo.Process.Signal(Signals.Terminate);
        Assert.Equal(0, await silo.Process.ExitAsync(_stopLimit));

        Logs.AssertQuiet(api);
        Logs.AssertQuiet(silo.Process);
    }

    [Fact]
    public async Task An_API_that_never_found_a_silo_stops_all_the_same()
    {
        await using var deployment = await Deployment.CreateAsync();
        var api = deployment.StartApi();
        await api.AnswersAsync(deployment.ApiReady, HttpStatusCode.ServiceUnavailable);

        api.Signal(Signals.Terminate);

        Assert.Equal(0, await api.ExitAsync(_stopLimit));
        Logs.AssertNoStackTrace(api);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_whose_cluster_port_is_in_use_tells_so_in_one_line(bool gateway)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var deployment = await Deployment.CreateAsync();
        var free = SiloPorts.Free();

        var silo = deployment.StartSilo(gateway ? free with { Gateway = port } : free with { Silo = port });

        Assert.Equal(1, await silo.Process.ExitAsync());
        Assert.Contains("already in use", Logs.TheOneComplaint(silo.Process), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_API_whose_port_is_in_use_tells_so_in_one_line()
    {
        await using var deployment = await Deployment.CreateAsync();
        using var listener = new TcpListener(IPAddress.Loopback, deployment.Api.Port);
        listener.Start();

        var api = deployment.StartApi();

        Assert.Equal(1, await api.ExitAsync());
        Assert.Contains("address already in use", Logs.TheOneComplaint(api), StringComparison.Ordinal);
    }
}
