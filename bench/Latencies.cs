using ContinueWatching.Bench.Load;
using ContinueWatching.Bench.Reporting;
using ContinueWatching.Bench.Systems;

namespace ContinueWatching.Bench;

/// <summary>How long the service takes at half of its peak: an open loop, so that waiting counts from when a request was meant to start.</summary>
/// <param name="plan">How it is measured.</param>
/// <param name="bed">What it runs on.</param>
/// <param name="service">What is measured.</param>
/// <param name="empty">The empty endpoint, which tells at the same rate what the machine and the driver make of it; null where it is left out.</param>
/// <param name="progress">Where it is told.</param>
internal sealed class Latencies(ComparisonPlan plan, TestBed bed, SystemUnderTest service, SystemUnderTest? empty, Progress progress)
{
    /// <summary>Cold users that the database holds behind the active ones: half of them for rows, half for the evening's mix.</summary>
    public const int ColdUsers = 24_000;

    private const double MostCold = 0.02;

    // What an evening is beside heartbeats: apps and players that start, each of a user who is awake.
    private const double Started = 0.02;
    private const double Half = 0.5;

    /// <summary>Heartbeats at half of <paramref name="peak"/>.</summary>
    public async Task<Finding> HeartbeatsAsync(double peak)
    {
        var mix = new Mix(Heartbeats: 1);
        var trials = await RepeatAsync(service, "heartbeats at half of the peak", peak * Half, mix, coldPerRound: 0);
        var beside = await BesideAsync("heartbeats", peak * Half, mix, Operation.Heartbeat);
        return At("heartbeat p99 at half of the peak rate, open loop", 10, trials, Operation.Heartbeat, peak, beside);
    }

    /// <summary>Rows at half of <paramref name="peak"/>, some of them of users who have to be woken.</summary>
    public async Task<IReadOnlyList<Finding>> RowsAsync(double peak)
    {
        var rate = peak * Half;
        var cold = ColdShare(rate);
        var trials = await RepeatAsync(service, "rows at half of the peak", rate, new Mix(Rows: 1 - cold, ColdRows: cold), ColdPerRound);
        var beside = await BesideAsync("rows", rate, new Mix(Rows: 1), Operation.Row);
        return
        [
            At("row read p99 at half of the peak rate, active user", 5, trials, Operation.Row, peak, beside),
            At("row read p99 at half of the peak rate, cold user", 15, trials, Operation.ColdRow, peak, beside),
        ];
    }

    /// <summary>All that viewers do, at half of <paramref name="peak"/>: mostly heartbeats, and apps and players that start.</summary>
    public Task<IReadOnlyList<Trial>> EveningAsync(double peak)
    {
        var rate = peak * Half;
        var cold = ColdShare(rate);
        var mix = new Mix(Heartbeats: 1 - (2 * Started) - cold, Rows: Started, Statuses: Started, ColdRows: cold);
        return RepeatAsync(service, "an evening's mix at half of the peak", rate, mix, ColdPerRound, firstCold: ColdUsers / 2);
    }

    private int ColdPerRound => ColdUsers / 2 / (plan.Rounds + 1);

    // A drawn share varies: nine tenths of what there is are never overdrawn.
    private double ColdShare(double rate) => Math.Min(MostCold, 0.9 * ColdPerRound / (rate * (plan.WarmUp + plan.Seconds)));

    // What of it is the machine's: an endpoint that does nothing, at the same rate.
    private async Task<string> BesideAsync(string what, double rate, Mix mix, Operation operation)
    {
        if (empty is null)
            return "";
        var trials = await RepeatAsync(empty, $"{what} at that rate, {empty.Name}", rate, mix, coldPerRound: 0);
        return FormattableString.Invariant($"; the empty endpoint at that rate: p99 {Figures.Median(trials.Select(trial => trial.Load.Operations[operation].P99)):0.0} ms");
    }

    // The first is not counted: with another mix other code is compiled.
    private async Task<IReadOnlyList<Trial>> RepeatAsync(SystemUnderTest system, string what, double rate, Mix mix, int coldPerRound, int firstCold = 0)
    {
        var trials = new List<Trial>();
        for (var round = 0; round <= plan.Rounds; round++)
        {
            progress.Begin(round == 0 ? $"{what}, {rate:0}/s, warm-up" : $"{what}, {rate:0}/s, round {round}");
            var load = new DrivePlan(
                system.Port, plan.Connections, mix, plan.Users, plan.Titles, plan.WarmUp, plan.Seconds,
                [new RateStep(plan.WarmUp + plan.Seconds, rate, rate)], plan.Users + firstCold + (round * coldPerRound), coldPerRound);
            var trial = await Trial.RunAsync(bed, system, load, progress);
            progress.Done(Comparison.Line(trial));
            if (round > 0)
                trials.Add(trial);
        }

        return trials;
    }

    private static Finding At(string what, double limit, IReadOnlyList<Trial> trials, Operation operation, double peak, string beside)
    {
        var p99 = Figures.Median(trials.Select(trial => trial.Load.Operations[operation].P99));
        var p50 = Figures.Median(trials.Select(trial => trial.Load.Operations[operation].P50));
        return new Finding(what, limit, AtLeast: false, p99, " ms", FormattableString.Invariant($"p50 {p50:0.0} ms; half of {peak:0}/s{beside}"));
    }
}
