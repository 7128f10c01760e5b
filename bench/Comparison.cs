using System.Globalization;
using ContinueWatching.Bench.Load;
using ContinueWatching.Bench.Reporting;
using ContinueWatching.Bench.Systems;

namespace ContinueWatching.Bench;

/// <summary>How a comparison is run.</summary>
/// <param name="Rounds">How often each system has its turn.</param>
/// <param name="Seconds">How long each turn is measured.</param>
/// <param name="WarmUp">Seconds before that.</param>
/// <param name="Connections">How many connections are kept busy.</param>
/// <param name="Users">How many users are active.</param>
/// <param name="Titles">How many titles each has begun.</param>
/// <param name="Only">Which systems: a, b, c, d, standalone, separate, grains; empty for all.</param>
internal sealed record ComparisonPlan(
    int Rounds, double Seconds, double WarmUp, int Connections, int Users, int Titles, IReadOnlySet<string> Only);

/// <summary>What a comparison measured: trials by system, in the order of the rounds; <c>Evening</c> is all that viewers do, of Standalone.</summary>
internal sealed record ComparisonResult(
    ComparisonPlan Plan,
    IReadOnlyDictionary<string, IReadOnlyList<Trial>> Heartbeats,
    IReadOnlyDictionary<string, IReadOnlyList<Trial>> Rows,
    IReadOnlyList<Trial> Evening,
    GrainResult? Grains,
    IReadOnlyList<Finding> Findings);

/// <summary>All designs side by side on one Postgres, taking turns.</summary>
internal sealed class Comparison(ComparisonPlan plan, Progress progress)
{
    private readonly Dictionary<string, IReadOnlyList<Trial>> _heartbeats = [];
    private readonly Dictionary<string, IReadOnlyList<Trial>> _rows = [];
    private IReadOnlyList<Trial> _evening = [];

    /// <summary>The service in one process.</summary>
    public const string Standalone = "standalone";

    /// <summary>A silo and an API.</summary>
    public const string Separate = "separate";

    /// <summary>A silo alone, called from within.</summary>
    public const string Grains = "grains";

    private const int HistoryUsers = 512;
    private const int CrowdUsers = 5_000;
    private const int WokenUsers = 50_000;

    private static readonly (string Key, string Title, string Design)[] _baselines =
    [
        ("a", "(a) empty endpoint", "Empty"),
        ("b", "(b) upsert per request", "Upsert"),
        ("c", "(c) upsert + Redis", "UpsertRedis"),
        ("d", "(d) AdoNet grain storage", "GrainStorage"),
    ];

    public async Task<ComparisonResult> RunAsync()
    {
        await using var bed = await TestBed.StartAsync();
        using var redis = Wants("c") ? Redis.TryStart() : null;
        if (Wants("c") && redis is null)
            progress.Say("!!! redis-server is not installed: (c) is LEFT OUT (Debian: apt-get install redis-server)");
        var systems = new Dictionary<string, SystemUnderTest>();
        try
        {
            await StartAsync(bed, redis, systems);
            await TakeTurnsAsync(bed, systems, "heartbeats", new Mix(Heartbeats: 1), _heartbeats);
            await TakeTurnsAsync(
                bed, systems.Where(system => system.Key is "a" or "c" or Standalone or Separate).ToDictionary(), "rows", new Mix(Rows: 1), _rows);
            var findings = new List<Finding>(Ratios());
            if (systems.TryGetValue(Standalone, out var service))
            {
                var latencies = new Latencies(plan, bed, service, systems.GetValueOrDefault("a"), progress);
                findings.Add(await latencies.HeartbeatsAsync(Peak(_heartbeats)));
                findings.AddRange(await latencies.RowsAsync(Peak(_rows)));
                _evening = await latencies.EveningAsync(Peak(_heartbeats));
                findings.Add(new(
                    $"commits per heartbeat at {plan.Connections} connections", 0.02, AtLeast: false,
                    Figures.Median(_heartbeats[Standalone].Select(trial => trial.CommitsPerAnswer))));
            }

            await StopAsync(systems);
            if (plan.Only.Count == 0)
                await SizesAsync(bed, findings);
            var grains = Wants(Grains) ? await GrainsAsync(bed, findings) : null;
            progress.Say($"telemetry that was sent meanwhile: {bed.Telemetry.Taken}");
            return new ComparisonResult(plan, _heartbeats, _rows, _evening, grains, findings);
        }
        finally
        {
            await StopAsync(systems);
        }
    }

    private static async Task StopAsync(Dictionary<string, SystemUnderTest> systems)
    {
        foreach (var system in systems.Values)
            await system.DisposeAsync();
        systems.Clear();
    }

    private static double Peak(Dictionary<string, IReadOnlyList<Trial>> trials) =>
        Figures.Median(trials[Standalone].Select(trial => trial.Load.PerSecond));

    // What grows with users and titles.
    private async Task SizesAsync(TestBed bed, List<Finding> findings)
    {
        var sizes = new Costs.Size[]
        {
            new("10 titles each", new Seed(HistoryUsers, 10), HistoryUsers),
            new("10 000 titles each", new Seed(HistoryUsers, 10_000), HistoryUsers),
            new("10 000 users", new Seed(10_000, 1), CrowdUsers),
            new("1 000 000 users", new Seed(1_000_000, 1), CrowdUsers),
        };
        var costs = await Costs.MeasureAsync(bed, sizes, plan, progress);
        findings.Add(new("cost per heartbeat, 10 000 titles ÷ 10 titles", 1.1, AtLeast: false, Costs.Ratio(costs[sizes[1]], costs[sizes[0]]), Note: "processor time of service and Postgres"));
        findings.Add(new("cost per heartbeat, 1 M users ÷ 10 k users", 1.25, AtLeast: false, Costs.Ratio(costs[sizes[3]], costs[sizes[2]]), Note: "processor time of service and Postgres"));
    }

    // What a user costs in memory, and how fast they wake.
    private async Task<GrainResult> GrainsAsync(TestBed bed, List<Finding> findings)
    {
        progress.Begin("seeding users to wake");
        await using var database = await SystemUnderTest.CreateServiceAsync(bed, "grains", "grains", new Seed(WokenUsers + GrainProcess.FirstUsers, 10));
        var runs = new List<GrainResult>();
        for (var round = 1; round <= plan.Rounds; round++)
        {
            progress.Begin($"waking users at the grains, round {round}");
            runs.Add(await GrainProcess.RunAsync(bed, database, WokenUsers, progress.Stop));
            progress.Done($"{runs[^1]}");
        }

        var grains = GrainResult.Median(runs);
        findings.Add(new("memory per active user with 10 titles, all included", 4_096, AtLeast: false, grains.LiveBytes, " B", FormattableString.Invariant($"of a silo, live after a collection; after four heartbeats each {grains.LiveBytesAfterHeartbeats:0} B; the process grew by {grains.ResidentBytes:0} B")));
        findings.Add(new("cold users with 10 titles woken per second (at the grains)", 10_000, AtLeast: true, grains.WokenPerSecond));
        return grains;
    }

    private bool Wants(string key) => plan.Only.Count == 0 || plan.Only.Contains(key);

    private async Task StartAsync(TestBed bed, Redis? redis, Dictionary<string, SystemUnderTest> systems)
    {
        var seed = new Seed(plan.Users, plan.Titles);
        foreach (var (key, title, design) in _baselines.Where(baseline => Wants(baseline.Key) && (baseline.Key != "c" || redis is not null)))
        {
            progress.Begin($"starting {title}");
            systems[key] = await SystemUnderTest.StartBaselineAsync(bed, title, design, seed, redis);
        }

        if (Wants(Standalone))
        {
            progress.Begin("starting Standalone");
            systems[Standalone] = await SystemUnderTest.StartStandaloneAsync(
                bed, "service, Standalone", seed with { Users = plan.Users + Latencies.ColdUsers });
        }

        if (Wants(Separate))
        {
            progress.Begin("starting silo and API");
            systems[Separate] = await SystemUnderTest.StartSeparateAsync(bed, "service, silo + API", seed);
        }

        foreach (var system in systems.Values)
        {
            progress.Begin($"waking everybody of {system.Name}");
            await Trial.PrimeAsync(system, plan.Connections, plan.Users, plan.Titles, progress);
        }
    }

    // A round is one turn of each; the first round's are not counted: what is compiled and cached then stays.
    private async Task TakeTurnsAsync(
        TestBed bed, Dictionary<string, SystemUnderTest> systems, string what, Mix mix, Dictionary<string, IReadOnlyList<Trial>> into)
    {
        var trials = systems.Keys.ToDictionary(key => key, _ => new List<Trial>());
        var order = systems.ToArray();
        for (var round = 0; round <= plan.Rounds; round++)
        {
            // Each round begins with another one: who comes after whom is nobody's advantage.
            foreach (var (key, system) in Enumerable.Range(round, order.Length).Select(turn => order[turn % order.Length]))
            {
                var load = new DrivePlan(
                    system.Port, plan.Connections, mix, plan.Users, plan.Titles, plan.WarmUp, round == 0 ? Math.Min(3, plan.Seconds) : plan.Seconds);
                progress.Begin(round == 0 ? $"{what}, warm-up, {system.Name}" : $"{what}, round {round}, {system.Name}");
                var trial = await Trial.RunAsync(bed, system, load, progress);
                progress.Done(Line(trial));
                if (round > 0)
                    trials[key].Add(trial);
            }
        }

        foreach (var (key, measured) in trials)
            into[key] = measured;
    }

    /// <summary>A trial in a line.</summary>
    public static string Line(Trial trial)
    {
        var first = trial.Load.Operations.Values.First();
        var errors = trial.Load.Errors + trial.Load.Unavailable > 0 ? $"; {trial.Load.Unavailable} × 503, {trial.Load.Errors} ERRORS" : "";
        var sampled = string.Join(", ", trial.Load.Sampled.Select(sample => $"{sample.Value} × {sample.Key}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{trial.Load.PerSecond,7:0}/s, p50 {first.P50:0.0} ms, p99 {first.P99:0.0} ms; µs of CPU per answer: server {Each(trial.ServerCpuSeconds):0}, Postgres {Each(trial.PostgresCpuSeconds):0}, driver {Each(trial.Load.DriverCpuSeconds):0}; commits {trial.CommitsPerAnswer:0.0000}, WAL {trial.WalPerAnswer:0} B{errors}; {sampled}");

        double Each(double cpuSeconds) => cpuSeconds * 1e6 / Math.Max(1, trial.Answers);
    }

    private IEnumerable<Finding> Ratios()
    {
        yield return Ratio("durable heartbeats ÷ empty endpoint (a), Standalone", 0.6, _heartbeats, Standalone, "a");
        yield return Ratio("durable heartbeats ÷ upsert per request (b)", 6, _heartbeats, Standalone, "b");
        yield return Ratio("durable heartbeats ÷ upsert + Redis (c)", 6, _heartbeats, Standalone, "c");
        yield return Ratio("durable heartbeats ÷ AdoNet grain storage (d)", 15, _heartbeats, Standalone, "d");
        yield return Ratio("separate processes ÷ Standalone", 0.75, _heartbeats, Separate, Standalone);
        yield return Ratio("row reads ÷ empty endpoint (a)", 0.8, _rows, Standalone, "a");
        yield return Ratio("row reads ÷ rows read from Redis (c)", 1.5, _rows, Standalone, "c");
    }

    private static Finding Ratio(string what, double target, Dictionary<string, IReadOnlyList<Trial>> trials, string upper, string lower) =>
        new(what, target, AtLeast: true, trials.TryGetValue(upper, out var above) && trials.TryGetValue(lower, out var below)
            ? Figures.MedianRatio([.. above.Select(trial => trial.Load.PerSecond)], [.. below.Select(trial => trial.Load.PerSecond)])
            : null);
}
