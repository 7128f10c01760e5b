using System.Diagnostics;
using System.Net;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>A silo or an API stops, or is lost, while viewers go on: with one silo, and with two, of which the one that is left decides alone.</summary>
[Collection(SharedDeploymentTests.Name)]
public sealed class LossTests(SharedDeployment shared, ITestOutputHelper output)
{
    private const int Viewers = 8;
    private const int Reports = 300;
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _failoverLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _refusalLimit = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task Without_a_silo_the_API_tells_503_and_goes_on_by_itself_when_one_comes_at_another_address()
    {
        var (silos, api) = await shared.WithAsync(silos: 1);
        var viewer = SignIn(1).Single();
        await viewer.AssertTakenAsync();

        silos[0].Process.Signal(Signals.Kill);
        await silos[0].Process.ExitAsync();
        var refused = await MeasureAsync(viewer.AssertRefusedForNowAsync);
        await api.AnswersAsync(shared.Deployment.ApiReady, HttpStatusCode.ServiceUnavailable);
        await api.AnswersAsync(new Uri(shared.Deployment.Api, "/health/live"));
        var joined = await MeasureAsync(shared.AddSiloAsync);
        var found = await MeasureAsync(() => api.AnswersAsync(shared.Deployment.ApiReady, within: _failoverLimit));

        output.WriteLine(
            $"Refused after {refused.TotalSeconds:0.0} s; the silo ready after {joined.TotalSeconds:0.0} s, the API {found.TotalSeconds:0.0} s later.");
        await viewer.AssertTakenAsync();
        var served = await MeasureAsync(() => Task.WhenAll(SignIn(40).Select(other => other.AssertTakenAsync())));
        output.WriteLine($"Everybody served after {served.TotalSeconds:0.0} s.");
        Assert.InRange(refused, TimeSpan.Zero, _refusalLimit);
        Logs.AssertNoStackTrace(api);
    }

    [Theory]
    [InlineData("Silo")]
    [InlineData("Api")]
    public async Task What_is_stopped_under_load_keeps_what_was_acknowledged(string stopped)
    {
        var (silos, api) = await shared.WithAsync(silos: 1);
        var load = await Load.StartAsync(SignIn(Viewers), Reports);
        var process = stopped == "Silo" ? silos[0].Process : api;

        process.Signal(Signals.Terminate);

        var stop = await MeasureAsync(async () => Assert.Equal(0, await process.ExitAsync(_stopLimit)));
        await load.EndAsync();
        output.WriteLine($"Stopped after {stop.TotalSeconds:0.0} s.");
        Logs.AssertNoStackTrace(api);
        if (stopped == "Silo")
            await shared.AddSiloAsync();
        else
            api = shared.StartApi();
        await api.AnswersAsync(shared.Deployment.ApiReady, within: _failoverLimit);
        Assert.Empty(await load.FindLostAsync());
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_hands_its_users_to_the_other_and_nobody_notices()
    {
        var (exitCode, load, api) = await LoseOneOfTwoSilosAsync(Signals.Terminate);

        Assert.Equal(0, exitCode);
        Assert.Equal((0, 0), (load.Refused, load.Broken));
        Assert.Empty(await load.FindLostAsync());
        Logs.AssertQuiet(api);
    }

    [Fact]
    public async Task The_users_of_a_killed_silo_are_served_by_the_other_and_lose_nothing()
    {
        var (_, load, api) = await LoseOneOfTwoSilosAsync(Signals.Kill);

        Assert.Equal((0, 0), (load.Refused, load.Broken));
        Assert.Empty(await load.FindLostAsync());
        Logs.AssertNoStackTrace(api);
    }

    private async Task<(int ExitCode, Load Load, ServiceProcess Api)> LoseOneOfTwoSilosAsync(int signal)
    {
        var (silos, api) = await shared.WithAsync(silos: 2);
        var leaving = silos[0].Process;
        var load = await Load.StartAsync(SignIn(Viewers), Reports);

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

    // Nobody whom a test before has known: they wake wherever chance puts them.
    private List<Viewer> SignIn(int count) => [.. Enumerable.Range(0, count).Select(_ => shared.Deployment.SignIn($"viewer-{Guid.NewGuid():N}"))];

    private static async Task<TimeSpan> MeasureAsync(Func<Task> wait)
    {
        var clock = Stopwatch.StartNew();
        await wait();
        return clock.Elapsed;
    }
}
