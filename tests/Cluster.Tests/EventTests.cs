using System.Diagnostics;
using System.Net;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>What becomes of an event stream when processes come and go.</summary>
[Collection(SharedDeploymentTests.Name)]
public sealed class EventTests(SharedDeployment shared, ITestOutputHelper output)
{
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(10);

    private readonly string _user = $"user-{Guid.NewGuid():N}";
    private readonly Guid _film = Guid.NewGuid();

    [Theory]
    [InlineData(Signals.Kill)]
    [InlineData(Signals.Terminate)]
    public async Task A_stream_goes_on_when_the_silo_with_its_user_is_lost(int signal)
    {
        var (silos, api) = await shared.WithAsync(silos: 1);
        var viewer = shared.Deployment.SignIn(_user);
        await ReportAsync(viewer, 100);
        using var events = await LiveEvents.OpenAsync(shared.Deployment.Api, shared.Deployment.Token(_user));
        var row = await events.NextAsync("row");
        await shared.AddSiloAsync();
        var clock = Stopwatch.StartNew();

        silos[0].Process.Signal(signal);

        Assert.Equal(row.Id, (await events.NextAsync("row")).Id);
        output.WriteLine($"A fresh row after {clock.Elapsed.TotalSeconds:0.0} s.");
        await ReportAsync(viewer, 200);
        Assert.Equal(200, (await events.NextAsync("position")).ResumeFrom);
        Logs.AssertNoStackTrace(api);
        await silos[0].Process.ExitAsync();
    }

    [Fact]
    public async Task An_API_that_is_told_to_stop_ends_its_streams_and_does_not_wait_for_them()
    {
        var (_, api) = await shared.WithAsync(silos: 1);
        using var events = await LiveEvents.OpenAsync(shared.Deployment.Api, shared.Deployment.Token(_user));
        await events.NextAsync("row");
        var clock = Stopwatch.StartNew();

        api.Signal(Signals.Terminate);

        Assert.Null(await events.ReadAsync());
        Assert.Equal(0, await api.ExitAsync(_stopLimit));
        output.WriteLine($"Stopped after {clock.Elapsed.TotalSeconds:0.0} s.");
        Logs.AssertQuiet(api);
    }

    private async Task ReportAsync(Viewer viewer, double seconds)
    {
        using var answer = await viewer.ReportAsync(_film, seconds);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
