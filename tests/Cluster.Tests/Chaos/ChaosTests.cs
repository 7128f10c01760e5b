using ContinueWatching.Chaos;
using Npgsql;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests.Chaos;

/// <summary>
/// The short form of <c>bench/chaos</c>: three silos, two APIs and a Postgres with fsync on, under load, while things go wrong. What it asks
/// for holds on a busy machine, too; how long things take is measured by the long form.
/// </summary>
[Collection(Alone.Name)]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _length = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Whatever_goes_wrong_no_acknowledged_report_is_lost_and_clients_see_nothing_but_503()
    {
        List<string> names = ["sigkill-silo", "sigstop-silo", "kill-postgres"];
        if (await Network.FindObstacleAsync() is { } obstacle)
            output.WriteLine($"NO SILO IS CUT OFF HERE: {obstacle}.");
        else
            names.Add("cut-silo");

        var result = await RunAsync([.. names.Select(name => Fault.All.Single(fault => fault.Name == name))]);

        Assert.All(result.Faults, fault => Assert.Empty(fault.Lost));
        Assert.All(result.Faults, fault => Assert.Empty(fault.Errors));
        Assert.All(result.Faults, fault => Assert.True(fault.Acknowledged > 0, fault.Title));
    }

    [Fact]
    public async Task A_place_that_vanishes_from_Postgres_is_found_missing()
    {
        var sabotage = new Fault("sabotage", "a place deleted behind everybody's back", false, async (fleet, _, _) =>
        {
            await using var source = NpgsqlDataSource.Create(fleet.Postgres.ConnectionString);
            await using var command = source.CreateCommand("update resume set position_ms = 1 where user_id = 'viewer-7'");
            await command.ExecuteNonQueryAsync();
        });

        var result = await RunAsync([sabotage]);

        // Titles that the viewer has not come back to since keep the place that was forged.
        Assert.Contains(result.Faults[0].Lost, lost => lost.StartsWith("(viewer-7, ", StringComparison.Ordinal));
        Assert.False(result.IsGood);
    }

    private async Task<ChaosResult> RunAsync(IReadOnlyList<Fault> faults)
    {
        var result = await ChaosRun.RunAsync(new ChaosPlan(faults, _length, Viewers: 40, Pace: TimeSpan.FromSeconds(0.5), Seed: 1), output.WriteLine);
        output.WriteLine(ResultTable.Of(result));
        if (!result.IsGood)
            output.WriteLine(result.Said);
        return result;
    }
}

/// <summary>Chaos takes all of the machine: no other test runs beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
