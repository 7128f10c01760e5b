using ContinueWatching.Bench.Load;
using ContinueWatching.Bench.Reporting;
using ContinueWatching.Bench.Systems;

namespace ContinueWatching.Bench;

/// <summary>How growth is measured.</summary>
/// <param name="Axes">Which: titles, users, active, silos, connections, memory, table; empty for all.</param>
/// <param name="Heartbeats">How many are written while the table is watched.</param>
/// <param name="Turns">How often and how long each size is measured, and on how many connections.</param>
internal sealed record GrowthPlan(IReadOnlySet<string> Axes, long Heartbeats, ComparisonPlan Turns);

/// <summary>A size, and what a heartbeat costs there: medians.</summary>
internal sealed record GrowthPoint(
    string Size, double PerSecond, double P99, double ServerMicroseconds, double PostgresMicroseconds, double CommitsPerHeartbeat, double WalPerHeartbeat);

/// <summary>One thing that grows.</summary>
internal sealed record GrowthAxis(string Name, IReadOnlyList<GrowthPoint> Points);

/// <summary>What growth did.</summary>
internal sealed record GrowthResult(GrowthPlan Plan, IReadOnlyList<GrowthAxis> Axes, IReadOnlyList<GrainResult> Memory, TableGrowthResult? Table);

/// <summary>What a heartbeat costs as this and that grows.</summary>
internal sealed class Growth(GrowthPlan plan, Progress progress)
{
    private const int HistoryUsers = 512;
    private const int CrowdUsers = 5_000;
    private const int Titles = 10;
    private static readonly int[] _titles = [10, 100, 1_000, 10_000];
    private static readonly int[] _users = [10_000, 100_000, 1_000_000];
    private static readonly int[] _active = [1_000, 10_000, 40_000];
    private static readonly int[] _silos = [1, 2, 4];
    private static readonly int[] _inMemory = [10_000, 50_000, 100_000];
    private static readonly int[] _connections = [1, 8, 64, 512, 2_000];

    public async Task<GrowthResult> RunAsync()
    {
        await using var bed = await TestBed.StartAsync();
        var axes = new List<GrowthAxis>();
        if (Wants("titles"))
            axes.Add(await SizesAsync(bed, "titles per user", [.. _titles.Select(titles => Size($"{titles} titles", HistoryUsers, titles, HistoryUsers))]));
        if (Wants("users"))
            axes.Add(await SizesAsync(bed, "users in the table", [.. _users.Select(users => Size($"{users} users", users, Titles / 5, CrowdUsers))]));
        if (Wants("active"))
            axes.Add(await SizesAsync(bed, "active users", [.. _active.Select(active => Size($"{active} active", _active[^1], Titles, active))]));
        if (Wants("silos"))
            axes.Add(await SilosAsync(bed));
        if (Wants("connections"))
            axes.Add(await ConnectionsAsync(bed));
        var memory = Wants("memory") ? await MemoryAsync(bed) : [];
        var table = Wants("table") ? await new TableGrowth(plan, bed, progress).RunAsync() : null;
        return new GrowthResult(plan, axes, memory, table);
    }

    /// <summary>The pictures: a panel for each axis and figure.</summary>
    public static string Draw(GrowthResult result) => BarChart.Draw(
        "What a heartbeat costs as things grow",
        $"closed loop, {result.Plan.Turns.Connections} connections unless said, medians of {result.Plan.Turns.Rounds}; Postgres with fsync, service and driver on one machine",
        [.. result.Axes.SelectMany(axis => new BarPanel[]
        {
            new($"{axis.Name}: processor time per heartbeat", "µs", [.. axis.Points.Select(point => (point.Size, point.ServerMicroseconds + point.PostgresMicroseconds, true))]),
            new($"{axis.Name}: durable heartbeats", "/s", [.. axis.Points.Select(point => (point.Size, point.PerSecond, true))]),
            new($"{axis.Name}: p99", "ms", [.. axis.Points.Select(point => (point.Size, point.P99, true))]),
            new($"{axis.Name}: WAL per heartbeat", "B", [.. axis.Points.Select(point => (point.Size, point.WalPerHeartbeat, true))]),
        }).Concat(result.Memory.Count == 0 ? [] : new BarPanel[]
        {
            new("users in memory: live bytes of each", "B", [.. result.Memory.Select(run => (FormattableString.Invariant($"{run.Users} users"), run.LiveBytes, true))]),
            new("cold users woken", "/s", [.. result.Memory.Select(run => (FormattableString.Invariant($"{run.Users} users"), run.WokenPerSecond, true))]),
        })]);

    /// <summary>The same as a table, as Markdown.</summary>
    public static string Table(GrowthResult result) => string.Join('\n', result.Axes.SelectMany(axis => axis.Points.Select(point => FormattableString.Invariant(
        $"| {axis.Name} | {point.Size} | {point.PerSecond:0} | {point.P99:0.0} | {point.ServerMicroseconds:0} | {point.PostgresMicroseconds:0} | {point.CommitsPerHeartbeat:0.0000} | {point.WalPerHeartbeat:0} |"))
        .Prepend("| | size | heartbeats/s | p99, ms | service, µs | Postgres, µs | commits | WAL, B |\n|---|---|---:|---:|---:|---:|---:|---:|").Append("")).Concat(result.Memory.Count == 0 ? [] : result.Memory.Select(run => FormattableString.Invariant(
        $"| {run.Users} | {run.WokenPerSecond:0} | {run.LiveBytes:0} | {run.LiveBytesAfterHeartbeats:0} | {run.ResidentBytes:0} | {run.HeartbeatAllocatedBytes:0} |"))
        .Prepend("| users at the grains | woken/s | live, B each | after heartbeats | resident | allocated by a heartbeat |\n|---:|---:|---:|---:|---:|---:|")));

    private static Costs.Size Size(string name, int users, int titles, int active) => new(name, new Seed(users, titles), active);

    private static GrowthPoint Point(string size, IReadOnlyList<Trial> trials) => new(
        size,
        Figures.Median(trials.Select(trial => trial.Load.PerSecond)),
        Figures.Median(trials.Select(trial => trial.Load.Operations[Operation.Heartbeat].P99)),
        Figures.Median(trials.Select(trial => trial.ServerCpuSeconds * 1e6 / trial.Answers)),
        Figures.Median(trials.Select(trial => trial.PostgresCpuSeconds * 1e6 / trial.Answers)),
        Figures.Median(trials.Select(trial => trial.CommitsPerAnswer)),
        Figures.Median(trials.Select(trial => trial.WalPerAnswer)));

    private bool Wants(string axis) => plan.Axes.Count == 0 || plan.Axes.Contains(axis);

    private async Task<GrowthAxis> SizesAsync(TestBed bed, string name, IReadOnlyList<Costs.Size> sizes)
    {
        var costs = await Costs.MeasureAsync(bed, sizes, plan.Turns, progress);
        return new GrowthAxis(name, [.. sizes.Select(size => Point(size.Name, costs[size]))]);
    }

    private async Task<GrowthAxis> SilosAsync(TestBed bed)
    {
        var points = new List<GrowthPoint>();
        foreach (var silos in _silos)
        {
            progress.Begin($"starting {silos} silos");
            await using var system = await SystemUnderTest.StartSeparateAsync(bed, $"{silos} silos + API", new Seed(CrowdUsers, Titles), silos);
            await Trial.PrimeAsync(system, plan.Turns.Connections, CrowdUsers, Titles, progress);
            points.Add(Point($"{silos} silos + API", await RepeatAsync(bed, system, plan.Turns.Connections)));
        }

        return new GrowthAxis("silos", points);
    }

    private async Task<GrowthAxis> ConnectionsAsync(TestBed bed)
    {
        progress.Begin("starting Standalone");
        await using var system = await SystemUnderTest.StartStandaloneAsync(bed, "Standalone", new Seed(CrowdUsers, Titles), database: "connections");
        await Trial.PrimeAsync(system, plan.Turns.Connections, CrowdUsers, Titles, progress);
        var points = new List<GrowthPoint>();
        foreach (var connections in _connections)
            points.Add(Point($"{connections} connections", await RepeatAsync(bed, system, connections)));
        return new GrowthAxis("connections", points);
    }

    private async Task<IReadOnlyList<GrainResult>> MemoryAsync(TestBed bed)
    {
        progress.Begin("seeding users to wake");
        await using var database = await SystemUnderTest.CreateServiceAsync(bed, "grains", "grains", new Seed(_inMemory[^1] + GrainProcess.FirstUsers, Titles));
        var sizes = new List<GrainResult>();
        foreach (var users in _inMemory)
        {
            var runs = new List<GrainResult>();
            for (var round = 1; round <= plan.Turns.Rounds; round++)
            {
                progress.Begin($"waking {users} users at the grains, round {round}");
                runs.Add(await GrainProcess.RunAsync(bed, database, users, progress.Stop));
                progress.Done($"{runs[^1]}");
            }

            sizes.Add(GrainResult.Median(runs));
        }

        return sizes;
    }

    // The first is not counted.
    private async Task<IReadOnlyList<Trial>> RepeatAsync(TestBed bed, SystemUnderTest system, int connections)
    {
        var trials = new List<Trial>();
        for (var round = 0; round <= plan.Turns.Rounds; round++)
        {
            progress.Begin($"heartbeats, round {round}, {system.Name}, {connections} connections");
            var trial = await Trial.RunAsync(
                bed,
                system,
                new DrivePlan(system.Port, connections, new Mix(Heartbeats: 1), CrowdUsers, Titles, plan.Turns.WarmUp, plan.Turns.Seconds),
                progress);
            progress.Done(Comparison.Line(trial));
            if (round > 0)
                trials.Add(trial);
        }

        return trials;
    }
}
