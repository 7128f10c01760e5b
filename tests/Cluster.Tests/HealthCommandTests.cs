using System.Diagnostics;
using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary><c>--health</c>, with which a container asks whether the process in it is ready.</summary>
public sealed class HealthCommandTests(ITestOutputHelper output)
{
    // Its own patience is 2.5 s; the rest is the start of a process on a busy machine.
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task It_is_told_that_a_process_is_ready_that_it_is_not_and_that_it_is_not_there()
    {
        await using var deployment = await Deployment.CreateAsync();
        var api = $"{deployment.Api}";
        Assert.StartsWith($"{deployment.ApiReady} does not answer", await AskAsync("Api", 1, new() { ["urls"] = api }), StringComparison.Ordinal);
        await deployment.StartApi().AnswersAsync(new Uri(deployment.Api, "/health/live"));
        Assert.Equal($"{deployment.ApiReady} answers 503 Unhealthy", await AskAsync("Api", 1, new() { ["urls"] = api }));

        var silo = await deployment.StartReadySiloAsync();

        Assert.Equal($"{silo.Ready} answers 200 Healthy", await AskAsync("Silo", 0, new() { ["urls"] = $"{new Uri(silo.Ready, "/")}" }));
        await deployment.StartReadyApiAsync(new Uri($"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}"));
    }

    [Fact]
    public async Task It_works_the_port_out_as_the_process_does()
    {
        await using var deployment = await Deployment.CreateAsync();
        var silo = await deployment.StartReadySiloAsync();
        var port = $"{silo.Ports.Http}";
        var healthy = $"{silo.Ready} answers 200 Healthy";

        Assert.Equal(healthy, await AskAsync("Silo", 0, new() { ["ASPNETCORE_HTTP_PORTS"] = port }));
        Assert.Equal(healthy, await AskAsync("Silo", 0, new() { ["ASPNETCORE_URLS"] = $"https://*:1;http://0.0.0.0:{port}", ["ASPNETCORE_HTTP_PORTS"] = "1" }));
        Assert.Equal(healthy, await AskAsync("Silo", 0, new(), "--urls", $"http://+:{port}"));
        Assert.Equal(healthy, await AskAsync("Silo", 0, new() { ["urls"] = "http://*:1", ["Kestrel__Endpoints__Health__Url"] = $"http://*:{port}" }));
        Assert.StartsWith("http://127.0.0.1:8081/health/ready ", await AskAsync("Silo", null, new()), StringComparison.Ordinal);
        Assert.StartsWith("http://127.0.0.1:8080/health/ready ", await AskAsync("Api", null, new()), StringComparison.Ordinal);
    }

    // The one line that it says. What others do at the usual ports is not this test's business: no code is expected there.
    private async Task<string> AskAsync(string project, int? exitCode, Dictionary<string, string?> environment, params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        await using var command = ServiceProcess.Start(project, environment, ["--health", .. arguments]);
        var code = await command.ExitAsync(_limit);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0.00} s: {command.Said}");
        Assert.True(exitCode is null || code == exitCode, command.Said);
        return Assert.Single(command.Lines);
    }
}
