using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Standalone as its user meets it: started, stopped, killed, started where it cannot run.</summary>
public sealed class StandaloneTests(ITestOutputHelper output)
{
    private const int Viewers = 6;
    private const int Reports = 300;
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _postgresLimit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task It_starts_and_stops_without_a_word_of_trouble_and_takes_its_Postgres_along()
    {
        await using var folder = new StandaloneFolder();
        var service = await folder.StartReadyAsync();
        var viewer = await folder.SignInAsync("123");
        using (var answer = await viewer.ReportAsync(Guid.NewGuid(), 10))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var postgres = Assert.NotNull(folder.Postgres);

        service.Signal(Signals.Terminate);

        Assert.Equal(0, await service.ExitAsync(_stopLimit));
        Assert.True(await StandaloneFolder.GoneAsync(postgres, _postgresLimit));
        Logs.AssertQuiet(service);
    }

    [Fact]
    public async Task Stopped_under_load_it_keeps_what_it_acknowledged()
    {
        await using var folder = new StandaloneFolder();
        var service = await folder.StartReadyAsync();
        var load = await Load.StartAsync(await SignInAsync(folder), Reports);

        service.Signal(Signals.Terminate);

        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await service.ExitAsync(_stopLimit));
        output.WriteLine($"Stopped after {clock.Elapsed.TotalSeconds:0.0} s, refused: {load.Refused}.");
        await load.EndAsync();
        Logs.AssertQuiet(service);
        await folder.StartReadyAsync();
        Assert.Empty(await load.FindLostAsync());
    }

    [Fact]
    public async Task Killed_under_load_it_keeps_what_it_acknowledged_and_starts_over_the_Postgres_that_was_left()
    {
        await using var folder = new StandaloneFolder();
        var service = await folder.StartReadyAsync();
        var load = await Load.StartAsync(await SignInAsync(folder), Reports);

        service.Signal(Signals.Kill);

        await service.ExitAsync();
        await load.EndAsync();
        var orphan = Assert.NotNull(folder.Postgres);
        await folder.StartReadyAsync();
        Assert.NotEqual(orphan, folder.Postgres);
        Assert.Empty(await load.FindLostAsync());
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line_and_nothing_is_left_running()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var folder = new StandaloneFolder();

        var service = folder.Start("--urls", $"http://{listener.LocalEndpoint}");

        Assert.Equal(1, await service.ExitAsync());
        Assert.Contains("address already in use", Logs.TheOneComplaint(service), StringComparison.Ordinal);
        Assert.Null(folder.Postgres);
    }

    [Fact]
    public async Task A_second_one_on_the_same_data_is_told_so_and_the_first_goes_on()
    {
        await using var folder = new StandaloneFolder();
        var first = await folder.StartReadyAsync();

        var second = folder.Start("--urls", $"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}");

        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains("is in use by another process", Logs.TheOneComplaint(second), StringComparison.Ordinal);
        await first.AnswersAsync(folder.Ready);
        Logs.AssertQuiet(first);
    }

    private static async Task<List<Viewer>> SignInAsync(StandaloneFolder folder)
    {
        var viewers = new List<Viewer>();
        for (var number = 1; number <= Viewers; number++)
            viewers.Add(await folder.SignInAsync($"viewer-{number}"));
        return viewers;
    }
}
