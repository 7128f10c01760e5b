using ContinueWatching.Bench.Load;
using ContinueWatching.Bench.Reporting;
using ContinueWatching.Bench.Systems;

namespace ContinueWatching.Bench;

/// <summary>How a burst is run.</summary>
/// <param name="Base">Heartbeats per second in quiet; null for a tenth of the peak, measured first.</param>
/// <param name="Times">How many times as much comes.</param>
/// <param name="Connections">How many players are connected.</param>
/// <param name="Users">How many users are active.</param>
internal sealed record BurstPlan(double? Base, double Times, int Connections, int Users);

/// <summary>What a burst did.</summary>
internal sealed record BurstResult(BurstPlan Plan, double Base, DriveResult Load, IReadOnlyList<Finding> Findings);

/// <summary>Twenty times the load within ten seconds: what is refused, what players are asked, and how soon all is as before.</summary>
internal sealed class Burst(BurstPlan plan, Progress progress)
{
    private const double QuietSeconds = 10;
    private const double RiseSeconds = 10;
    private const double HighSeconds = 10;
    private const double AfterSeconds = 50;
    private const int WarmUpSeconds = 5;
    private const double BaseShare = 0.1;
    private const int Titles = 10;
    private const int PeakConnections = 512;

    // A second counts as normal when it refuses nobody and its slowest hundredth is no slower than this.
    private const double NormalP99 = 100;
    private static readonly int _over = (int)(QuietSeconds + RiseSeconds + HighSeconds);

    public async Task<BurstResult> RunAsync()
    {
        await using var bed = await TestBed.StartAsync();
        progress.Begin("starting Standalone");
        await using var service = await SystemUnderTest.StartStandaloneAsync(bed, "service, Standalone", new Seed(plan.Users, Titles));
        await Trial.PrimeAsync(service, PeakConnections, plan.Users, Titles, progress);
        var quiet = plan.Base ?? BaseShare * await PeakAsync(bed, service);
        progress.Begin(FormattableString.Invariant($"from {quiet:0}/s to {quiet * plan.Times:0}/s and back"));
        var load = new DrivePlan(
            service.Port, plan.Connections, new Mix(Heartbeats: 1), plan.Users, Titles, WarmUpSeconds, QuietSeconds + RiseSeconds + HighSeconds + AfterSeconds,
            [
                new RateStep(WarmUpSeconds + QuietSeconds, quiet, quiet),
                new RateStep(RiseSeconds, quiet, quiet * plan.Times),
                new RateStep(HighSeconds, quiet * plan.Times, quiet * plan.Times),
                new RateStep(AfterSeconds, quiet, quiet),
            ],
            SampleEvery: 5);
        var trial = await Trial.RunAsync(bed, service, load, progress);
        progress.Done(Comparison.Line(trial));
        return new BurstResult(plan, quiet, trial.Load, Judge(trial.Load));
    }

    /// <summary>Second by second, as a table.</summary>
    public static string Table(BurstResult result) => string.Join('\n', result.Load.Timeline
        .Select(second => FormattableString.Invariant(
            $"| {second.Second} | {second.Ok} | {second.Unavailable} | {second.Errors} | {second.P99:0.0} | {second.Cadence:0.0} |"))
        .Prepend("| second | 200 | 503 | errors | p99, ms | next report in, s |\n|---:|---:|---:|---:|---:|---:|"));

    /// <summary>The picture.</summary>
    public static string Draw(BurstResult result)
    {
        var timeline = result.Load.Timeline;
        return TimelineChart.Draw(
            FormattableString.Invariant($"{result.Plan.Times:0} times the load within {RiseSeconds:0} s"),
            FormattableString.Invariant($"open loop, {result.Base:0} heartbeats per second, then {result.Base * result.Plan.Times:0}, then {result.Base:0} again; {result.Plan.Connections} connections"),
            [
                new("answers per second", [
                    ("200", "#2563eb", Values(second => second.Ok)),
                    ("503 with Retry-After", "#d97706", Values(second => second.Unavailable)),
                    ("anything else", "#dc2626", Values(second => second.Errors))]),
                new("99th percentile, ms, from when a report was to start", [("p99", "#374151", Values(second => second.P99))]),
                new("seconds until the next report, as players are told", [("nextReportInSeconds", "#059669", Cadences(timeline))]),
            ],
            second => $"{second} s",
            [((int)QuietSeconds, (int)(QuietSeconds + RiseSeconds), "rising"), ((int)(QuietSeconds + RiseSeconds), _over, "full")]);

        double[] Values(Func<SecondResult, double> value) => [.. timeline.Select(value)];
    }

    // A second in which nothing was sampled is told as the one before.
    private static double[] Cadences(IReadOnlyList<SecondResult> timeline)
    {
        var last = 0.0;
        return [.. timeline.Select(second => last = second.Cadence > 0 ? second.Cadence : last)];
    }

    private async Task<double> PeakAsync(TestBed bed, SystemUnderTest service)
    {
        progress.Begin("looking for the peak");
        var trial = await Trial.RunAsync(
            bed, service, new DrivePlan(service.Port, PeakConnections, new Mix(Heartbeats: 1), plan.Users, Titles, WarmUpSeconds, QuietSeconds), progress);
        progress.Done(Comparison.Line(trial));
        return trial.Load.PerSecond;
    }

    private static Finding[] Judge(DriveResult load)
    {
        var timeline = load.Timeline;
        var after = timeline.Skip(_over).ToArray();
        var lastBad = Array.FindLastIndex(after, second => second.Unavailable + second.Errors > 0 || second.P99 > NormalP99);
        var cadence = Cadences(timeline);
        return
        [
            new("errors other than 503 with Retry-After", 0, AtLeast: false, load.Errors),
            new("seconds until normal again", 30, AtLeast: false, lastBad + 1, " s", FormattableString.Invariant($"nobody refused, p99 within {NormalP99:0} ms")),
            new("longest cadence asked ÷ usual", 1.01, AtLeast: true, cadence[(int)QuietSeconds - 1] is var usual and > 0 ? cadence.Max() / usual : null),
        ];
    }
}
