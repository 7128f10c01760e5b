using System.Net;
using ContinueWatching.Testing;

namespace ContinueWatching.Cluster.Tests;

/// <summary>An API that is told to stop, while viewers go on. A restart of every process, one after the other, is one of the faults of <c>Chaos</c>.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_API_that_is_told_to_stop_says_so_first_and_serves_on_until_that_was_noticed()
    {
        await using var deployment = await Deployment.CreateAsync();
        await deployment.StartReadySiloAsync();
        var api = await deployment.StartReadyApiAsync(("Api__DrainTime", "00:00:02"));
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
}
