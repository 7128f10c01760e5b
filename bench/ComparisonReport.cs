using ContinueWatching.Bench.Load;
using ContinueWatching.Bench.Reporting;
using ContinueWatching.Bench.Systems;

namespace ContinueWatching.Bench;

/// <summary>A comparison as people read it.</summary>
internal static class ComparisonReport
{
    /// <summary>Systems side by side, as Markdown: medians of the rounds.</summary>
    public static string Table(ComparisonResult result) => string.Join('\n', Lines(result));

    /// <summary>The picture.</summary>
    public static string Draw(ComparisonResult result) => BarChart.Draw(
        "Durable heartbeats and row reads, side by side",
        $"closed loop, {result.Plan.Connections} connections, {result.Plan.Users} users with {result.Plan.Titles} titles, medians of {result.Plan.Rounds} rounds; one machine for Postgres (fsync on), servers and driver",
        [.. new[]
        {
            Panel("Heartbeats per second", "", result.Heartbeats, trial => trial.Load.PerSecond),
            Panel("Rows read per second", "", result.Rows, trial => trial.Load.PerSecond),
            Panel("Processor time per heartbeat, Postgres's included", "µs", result.Heartbeats, trial => trial.CpuMicroseconds),
            Panel("Processor time per row", "µs", result.Rows, trial => trial.CpuMicroseconds),
        }.Where(panel => panel.Bars.Count > 0)]);

    private static IEnumerable<string> Lines(ComparisonResult result)
    {
        yield return "| | per second | p50, ms | p99, ms | server, µs | Postgres, µs | driver, µs | commits | WAL, B | 503 | errors |";
        yield return "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";
        foreach (var (what, trials) in new[] { ("heartbeats", result.Heartbeats), ("rows", result.Rows) })
        {
            foreach (var measured in trials.Values.Where(measured => measured.Count > 0))
                yield return Line($"{what}, {measured[0].System}", measured);
        }

        if (result.Evening.Count == 0)
            yield break;
        yield return FormattableString.Invariant($"\n| an evening's mix, {result.Evening[0].System}, open loop, {result.Evening[0].Load.PerSecond:0}/s | per second | p50, ms | p99, ms | 503 | errors |");
        yield return "|---|---:|---:|---:|---:|---:|";
        foreach (var operation in result.Evening[0].Load.Operations.Keys)
            yield return Line(operation, [.. result.Evening.Select(trial => (trial.Load.Seconds, trial.Load.Operations[operation]))]);
    }

    private static string Line(string name, IReadOnlyList<Trial> trials)
    {
        return FormattableString.Invariant(
            $"| {name} | {Of(trial => trial.Load.PerSecond):0} | {Of(trial => First(trial).P50):0.0} | {Of(trial => First(trial).P99):0.0} | {Of(trial => trial.ServerCpuSeconds * 1e6 / trial.Answers):0} | {Of(trial => trial.PostgresCpuSeconds * 1e6 / trial.Answers):0} | {Of(trial => trial.Load.DriverCpuSeconds * 1e6 / trial.Answers):0} | {Of(trial => trial.CommitsPerAnswer):0.0000} | {Of(trial => trial.WalPerAnswer):0} | {trials.Sum(trial => trial.Load.Unavailable)} | {trials.Sum(trial => trial.Load.Errors)} |");

        double Of(Func<Trial, double> figure) => Figures.Median(trials.Select(figure));
    }

    private static string Line(Operation operation, IReadOnlyList<(double Seconds, OperationResult Result)> rounds) => FormattableString.Invariant(
        $"| {Name(operation)} | {Figures.Median(rounds.Select(round => round.Result.Ok / round.Seconds)):0} | {Figures.Median(rounds.Select(round => round.Result.P50)):0.0} | {Figures.Median(rounds.Select(round => round.Result.P99)):0.0} | {rounds.Sum(round => round.Result.Unavailable)} | {rounds.Sum(round => round.Result.Errors)} |");

    private static string Name(Operation operation) => operation switch
    {
        Operation.Heartbeat => "heartbeats",
        Operation.Row => "rows",
        Operation.Status => "places (getWatchStatus)",
        _ => "rows of users who wake",
    };

    private static OperationResult First(Trial trial) => trial.Load.Operations.Values.First();

    private static BarPanel Panel(
        string title, string unit, IReadOnlyDictionary<string, IReadOnlyList<Trial>> measured, Func<Trial, double> figure) => new(
        title,
        unit,
        [.. measured.Where(trials => trials.Value.Count > 0).Select(trials => (
            trials.Value[0].System, Figures.Median(trials.Value.Select(figure)), trials.Key is Comparison.Standalone or Comparison.Separate))]);
}
