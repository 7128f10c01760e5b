using ContinueWatching.Testing;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests;

/// <summary>The journey that the README promises, as its script makes it.</summary>
public sealed class JourneyTests(ITestOutputHelper output)
{
    private const string Journey = "samples/journey.sh";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task The_journey_survives_a_kill_of_Standalone()
    {
        var port = ServiceProcess.FreePorts(1)[0];

        var told = await Script.RunAsync(Journey, _limit, "--port", $"{port}", "--app", ServiceProcess.FindAssembly("Standalone"));

        output.WriteLine(told);
        Assert.Contains("Every place and the row are what they were.", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_journey_survives_a_kill_of_the_silo_behind_the_API()
    {
        await using var deployment = await Deployment.CreateAsync();
        var lost = await deployment.StartReadySiloAsync();
        var silo = lost.Process;
        var api = await deployment.StartReadyApiAsync();

        var journey = Script.RunAsync(
            Journey,
            _limit,
            "--url", deployment.Api.ToString().TrimEnd('/'),
            "--token-command", $"printf %s {deployment.Token("123")}",
            "--catalogue-token-command", $"printf %s {deployment.CatalogueToken}",
            "--restart-command", $"kill -KILL {silo.Id} && while kill -0 {silo.Id} 2>/dev/null; do sleep 0.05; done");
        await Task.WhenAny(silo.ExitAsync(_limit), journey);
        deployment.StartSilo(lost.Ports);

        var told = await journey;
        output.WriteLine(told);
        Assert.Contains("Every place and the row are what they were.", told, StringComparison.Ordinal);
        Logs.AssertNoStackTrace(api);
    }
}
