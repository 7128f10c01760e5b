using System.Net;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Processes that are told to stop, one after the other, while viewers go on: a deployment that nobody notices.</summary>
public sealed class RollingTests(ITestOutputHelper output)
{
    private const int Viewers = 12;
    private const int Reports = 300;
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private static readonly (string, string) _drain = ("Api__DrainTime", "00:00:02");

    [Fact]
    public async Task Every_process_is_restarted_under_load_and_no_request_fails()
    {
        await using var deployment = await Deployment.CreateAsync();
        var silos = new List<SiloProcess>();
        for (var number = 1; number <= 3; number++)
            silos.Add(await deployment.StartReadySiloAsync());
        Uri[] urls = [deployment.Api, new($"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}")];
        var apis = new List<ServiceProcess>();
        foreach (var url in urls)
            apis.Add(await deployment.StartReadyApiAsync(url, _drain));
        using var balancer = new LoadBalancer(urls);
        var load = await Load.StartAsync(
            Enumerable.Range(1, Viewers).Select(number => deployment.SignIn($"viewer-{number}", balancer)), Reports);

        foreach (var silo in silos)
        {
            await StopAsync(silo.Process);
            var next = deployment.StartSilo(silo.Ports);
            await next.Process.AnswersAsync(next.Ready);
            await load.EverybodyServedAsync(_patience);
            output.WriteLine($"A silo was restarted; refused so far: {load.Refused}.");
        }

        for (var index = 0; index < apis.Count; index++)
        {
            await StopAsync(apis[index]);
            await deployment.StartReadyApiAsync(urls[index], _drain);
            await load.EverybodyServedAsync(_patience);
        }

        await load.EndAsync();
        Assert.Equal((0, 0), (load.Refused, load.Broken));
        Assert.Empty(await load.FindLostAsync());
        apis.ForEach(Logs.AssertNoStackTrace);
    }

    [Fact]
    public async Task An_API_that_is_told_to_stop_says_so_first_and_serves_on_until_that_was_noticed()
    {
        await using var deployment = await Deployment.CreateAsync();
        await deployment.StartReadySiloAsync();
        var api = await deployment.StartReadyApiAsync(_drain);
        var viewer = deployment.SignIn("123");
        using var events = await LiveEvents.OpenAsync(deployment.Api, deployment.Token("123"));
        await events.NextAsync("row");
        var film = Guid.NewGuid();

        api.Signal(Signals.Terminate);

        await api.AnswersAsync(deployment.ApiReady, HttpStatusCode.ServiceUnavailable);
        using (var answer = await viewer.ReportAsync(film, 10))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(film, (await events.NextAsync("row", skipOthers: true)).Titles);
        while (await events.ReadAsync() is not null)
        {
            // What came before the end.
        }

        Assert.Equal(0, await api.ExitAsync(_stopLimit));
        Logs.AssertQuiet(api);
    }

    private static async Task StopAsync(ServiceProcess process)
    {
        process.Signal(Signals.Terminate);
        Assert.Equal(0, await process.ExitAsync(_stopLimit));
    }
}
