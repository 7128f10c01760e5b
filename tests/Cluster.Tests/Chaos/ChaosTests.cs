using ContinueWatching.Chaos;
using Npgsql;
using Xunit.Abstractions;

namespace ContinueWatching.Cluster.Tests.Chaos;

/// <summary>The short form of <c>bench/chaos</c>: three silos, two APIs and a Postgres with fsync on, under load, while one thing after the other goes wrong.</summary>
public sealed class ShortChaos : IAsyncLifetime
{
    private static readonly string[] _names = ["rolling-restart", "sigkill-silo", "sigstop-silo", "kill-postgres", "cut-silo"];

    // The last: what it does to Postgres stays so.
    private static readonly Fault _sabotage = new("sabotage", "places changed behind everybody's back", false, new FaultLimits(), SabotageAsync);

    internal ChaosResult Result { get; private set; } = null!;

    internal IReadOnlyList<string> Told { get; private set; } = [];

    internal FaultResult Sabotage => Result.Faults.Single(one => one.Fault == _sabotage);

    /// <summary>Of the faults that a deployment has to bear.</summary>
    internal IEnumerable<string> Broken => Result.Broken.Where(broken => !broken.StartsWith(_sabotage.Title, StringComparison.Ordinal));

    internal FaultResult Of(string name) => Result.Faults.Single(one => one.Fault.Name == name);

    public async Task InitializeAsync()
    {
        var told = new List<string>();
        var faults = _names.Select(name => Fault.All.Single(fault => fault.Name == name));
        if (await Network.FindObstacleAsync() is { } obstacle)
        {
            told.Add($"NO SILO IS CUT OFF HERE: {obstacle}.");
            faults = faults.Where(fault => !fault.NeedsNetwork);
        }

        // A silent silo is found out after some 5 s. The limits of time are those of an idle machine, which one that runs tests is not.
        var plan = new ChaosPlan([.. faults, _sabotage], Length: TimeSpan.FromSeconds(8), Viewers: 20, Pace: TimeSpan.FromSeconds(0.5), Seed: 1)
        {
            Calm = TimeSpan.FromSeconds(1.5),
            DrainTime = TimeSpan.FromSeconds(2),
            Tolerance = 2,
        };
        Result = await ChaosRun.RunAsync(plan, told.Add);
        Told = [.. told, ResultTable.Of(Result), .. Result.Broken.Select(broken => $"BROKEN: {broken}")];
    }

    public Task DisposeAsync() => Task.CompletedTask;

    // One viewer's places are older than they were; of another one those are gone that only one device has.
    private static async Task SabotageAsync(Fleet fleet, Random random, TimeSpan length)
    {
        await using var source = NpgsqlDataSource.Create(fleet.Postgres.ConnectionString);
        await using var command = source.CreateCommand("""
            update resume set position_ms = 1000 where user_id = 'viewer-7';
            delete from resume r where user_id = 'viewer-8'
              and not exists (select from resume o where o.user_id = r.user_id and o.content_id = r.content_id and o.device_id <> r.device_id);
            """);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>What becomes of viewers and their places.</summary>
public sealed class ChaosTests : IClassFixture<ShortChaos>
{
    private const int Killed = 137;

    private readonly ShortChaos _chaos;

    public ChaosTests(ShortChaos chaos, ITestOutputHelper output)
    {
        _chaos = chaos;
        foreach (var line in chaos.Told)
            output.WriteLine(line);
    }

    [Fact]
    public void Whatever_goes_wrong_no_acknowledged_report_is_lost_and_viewers_notice_no_more_than_they_may() =>
        Assert.True(!_chaos.Broken.Any(), $"{string.Join('\n', _chaos.Broken)}\n{_chaos.Result.Said}");

    [Fact]
    public void What_goes_wrong_behind_an_API_is_told_in_a_line_there() => Assert.Empty(_chaos.Result.StackTraces);

    [Fact]
    public void A_deployment_restarts_every_process_once_and_each_ends_well()
    {
        var exits = _chaos.Of("rolling-restart").Exits;

        Assert.Equal(["api 1", "api 2", "silo 1", "silo 2", "silo 3"], exits.Select(exit => exit.Member).Order());
        Assert.All(exits, exit => Assert.Equal(0, exit.Code));
    }

    [Fact]
    public void A_silo_that_stood_still_ends_itself_when_it_comes_back_and_not_as_one_that_may_stay_away() => Assert.Contains(
        _chaos.Result.Faults.SkipWhile(one => one.Fault.Name != "sigstop-silo").SelectMany(one => one.Exits),
        exit => !exit.WasTold && exit.Code is not (0 or Killed));

    [Fact]
    public void Places_that_vanish_or_change_in_Postgres_are_found_and_so_are_those_that_were_reported_only_once()
    {
        var sabotage = _chaos.Sabotage;

        Assert.Contains(sabotage.Forged, one => one.StartsWith("(viewer-7, ", StringComparison.Ordinal));
        Assert.Contains(sabotage.Lost, one => one.StartsWith("(viewer-7, ", StringComparison.Ordinal));
        Assert.Contains(sabotage.Lost, one => one.StartsWith("(viewer-8, ", StringComparison.Ordinal) && one.EndsWith("nothing stored", StringComparison.Ordinal));
        Assert.All(sabotage.Lost, one => Assert.Matches("^\\(viewer-[78], ", one));
        Assert.Contains(_chaos.Result.Broken, broken => broken.Contains("acknowledged reports lost", StringComparison.Ordinal));
    }
}
