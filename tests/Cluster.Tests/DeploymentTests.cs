using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>Silo and API as processes of their own: who finds whom, and what happens when one is not there.</summary>
public sealed class DeploymentTests(ITestOutputHelper output)
{
    private const int Viewers = 6;
    private const int Reports = 300;
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _failoverLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _refusalLimit = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task An_API_that_is_there_before_any_silo_is_alive_and_not_ready_and_finds_the_first_one()
    {
        await using var deployment = await Deployment.CreateAsync();
        var viewer = deployment.SignIn("123");
        var api = deployment.StartApi();

        await api.AnswersAsync(new Uri(deployment.Api, "/health/live"));
        await api.AnswersAsync(deployment.ApiReady, HttpStatusCode.ServiceUnavailable);
        await AssertRefusedForNowAsync(viewer);
        var silo = deployment.StartSilo();
        await silo.Process.AnswersAsync(silo.Ready);
        var found = await MeasureAsync(() => api.AnswersAsync(deployment.ApiReady, within: _failoverLimit));

        output.WriteLine($"Ready {found.TotalSeconds:0.0} s after the silo.");
        await AssertTakenAsync(viewer);
        Logs.AssertNoStackTrace(api);
        Logs.AssertQuiet(silo.Process);
    }

    [Fact]
    public async Task Without_a_silo_the_API_tells_503_and_goes_on_by_itself_when_one_comes_at_another_address()
    {
        await using var deployment = await Deployment.CreateAsync();
        var silo = await deployment.StartReadySiloAsync();
        var api = await deployment.StartReadyApiAsync();
        var viewer = deployment.SignIn("123");
        await AssertTakenAsync(viewer);

        silo.Process.Signal(Signals.Kill);
        await silo.Process.ExitAsync();
        var refused = await MeasureAsync(() => AssertRefusedForNowAsync(viewer));
        await api.AnswersAsync(deployment.ApiReady, HttpStatusCode.ServiceUnavailable);
        await api.AnswersAsync(new Uri(deployment.Api, "/health/live"));
        var next = deployment.StartSilo();
        var joined = await MeasureAsync(() => next.Process.AnswersAsync(next.Ready));
        var found = await MeasureAsync(() => api.AnswersAsync(deployment.ApiReady, within: _failoverLimit));

        output.WriteLine(
            $"Refused after {refused.TotalSeconds:0.0} s; the silo ready after {joined.TotalSeconds:0.0} s, the API {found.TotalSeconds:0.0} s later.");
        await AssertTakenAsync(viewer);
        var everybody = Enumerable.Range(1, 40).Select(number => deployment.SignIn($"viewer-{number}")).ToList();
        var served = await MeasureAsync(() => Task.WhenAll(everybody.Select(AssertTakenAsync)));
        output.WriteLine($"Everybody served after {served.TotalSeconds:0.0} s.");
        Assert.InRange(refused, TimeSpan.Zero, _refusalLimit);
        Logs.AssertNoStackTrace(api);
    }

    [Fact]
    public async Task Silo_and_API_stop_without_a_word_of_trouble()
    {
        await using var deployment = await Deployment.CreateAsync();
        var silo = await deployment.StartReadySiloAsync();
        var api = await deployment.StartReadyApiAsync();
        var viewer = deployment.SignIn("123");
        await AssertTakenAsync(viewer);

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
    [InlineData("Silo")]
    [InlineData("Api")]
    public async Task What_is_stopped_under_load_keeps_what_was_acknowledged(string stopped)
    {
        await using var deployment = await Deployment.CreateAsync();
        var silo = (await deployment.StartReadySiloAsync()).Process;
        var api = await deployment.StartReadyApiAsync();
        var load = await Load.StartAsync(SignIn(deployment), Reports);
        var process = stopped == "Silo" ? silo : api;

        process.Signal(Signals.Terminate);

        var stop = await MeasureAsync(async () => Assert.Equal(0, await process.ExitAsync(_stopLimit)));
        await load.EndAsync();
        output.WriteLine($"Stopped after {stop.TotalSeconds:0.0} s.");
        Logs.AssertNoStackTrace(api);
        if (stopped == "Silo")
            await deployment.StartReadySiloAsync();
        else
            api = deployment.StartApi();
        await api.AnswersAsync(deployment.ApiReady, within: _failoverLimit);
        Assert.Empty(await load.FindLostAsync());
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_hands_its_users_to_the_other_and_nobody_notices()
    {
        await using var deployment = await Deployment.CreateAsync();
        var (exitCode, load, api) = await LoseOneOfTwoSilosAsync(deployment, Signals.Terminate);

        Assert.Equal(0, exitCode);
        Assert.Equal(0, load.Refused);
        Assert.Empty(await load.FindLostAsync());
        Logs.AssertQuiet(api);
    }

    [Fact]
    public async Task The_users_of_a_killed_silo_are_served_by_the_other_and_lose_nothing()
    {
        await using var deployment = await Deployment.CreateAsync();
        var (_, load, api) = await LoseOneOfTwoSilosAsync(deployment, Signals.Kill);

        Assert.Equal(0, load.Refused);
        Assert.Empty(await load.FindLostAsync());
        Logs.AssertNoStackTrace(api);
    }

    [Fact]
    public async Task The_users_of_a_silo_that_stands_still_are_served_by_the_others_and_it_ends_itself_when_it_comes_back()
    {
        await using var deployment = await Deployment.CreateAsync();
        await deployment.StartReadySiloAsync();
        var hung = (await deployment.StartReadySiloAsync()).Process;
        await deployment.StartReadySiloAsync();
        var api = await deployment.StartReadyApiAsync();
        var load = await Load.StartAsync(SignIn(deployment), Reports);

        hung.Signal(Signals.Stop);
        var served = await MeasureAsync(async () =>
        {
            await load.EverybodyServedAsync(_failoverLimit);
            await load.EverybodyServedAsync(_failoverLimit);
        });
        hung.Signal(Signals.Continue);

        // Whatever its exit code: not that of one that ended as it should, so that it is replaced.
        Assert.NotEqual(0, await hung.ExitAsync(_stopLimit));
        await load.EndAsync();
        output.WriteLine($"Everybody served after {served.TotalSeconds:0.0} s; refused before: {load.Refused}.");
        Assert.Empty(await load.FindLostAsync());
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

    private async Task<(int ExitCode, Load Load, ServiceProcess Api)> LoseOneOfTwoSilosAsync(Deployment deployment, int signal)
    {
        var leaving = (await deployment.StartReadySiloAsync()).Process;
        await deployment.StartReadySiloAsync();
        var api = await deployment.StartReadyApiAsync();
        var load = await Load.StartAsync(SignIn(deployment), Reports);

        leaving.Signal(signal);
        var served = await MeasureAsync(async () =>
        {
            // Twice: the first may have been on its way.
            await load.EverybodyServedAsync(_failoverLimit);
            await load.EverybodyServedAsync(_failoverLimit);
        });
        var exitCode = await leaving.ExitAsync(_stopLimit);
        await load.EndAsync();
        output.WriteLine($"Everybody served after {served.TotalSeconds:0.0} s; refused before: {load.Refused}.");
        return (exitCode, load, api);
    }

    private static List<Viewer> SignIn(Deployment deployment) =>
        [.. Enumerable.Range(1, Viewers).Select(number => deployment.SignIn($"viewer-{number}"))];

    private static async Task AssertTakenAsync(Viewer viewer)
    {
        using var answer = await viewer.ReportAsync(Guid.NewGuid(), 10);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task AssertRefusedForNowAsync(Viewer viewer)
    {
        using var answer = await viewer.ReportAsync(Guid.NewGuid(), 10);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    private static async Task<TimeSpan> MeasureAsync(Func<Task> wait)
    {
        var clock = Stopwatch.StartNew();
        await wait();
        return clock.Elapsed;
    }
}
