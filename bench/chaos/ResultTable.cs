using System.Globalization;
using System.Text;

namespace ContinueWatching.Chaos;

/// <summary>Results as a table in Markdown, a line for each kind of fault: it reads well in a terminal, and goes into the docs as it is.</summary>
internal static class ResultTable
{
    public static string Of(ChaosResult result)
    {
        var table = new StringBuilder();
        table.AppendLine("| fault under load | `NAME` | times | acknowledged | lost | 503 | other errors | refused after recovery | longest wait | all served after its end | stale reads |");
        table.AppendLine("|---|---|---:|---:|---:|---:|---|---:|---:|---:|---|");
        foreach (var kind in result.Faults.GroupBy(one => one.Fault))
            table.AppendLine(Row(kind.Key, [.. kind]));
        table.AppendLine(CultureInfo.InvariantCulture, $"| **all** | | {result.Faults.Count} | {result.Faults.Sum(one => one.Acknowledged)} | {result.Faults.Sum(one => one.Lost.Count)} | {result.Faults.Sum(one => one.Unavailable)} | {Errors(result.Faults)} | {result.Faults.Sum(one => one.RefusedAfterRecovery)} | {Seconds(result.Faults.Max(one => one.LongestWait))} | {Seconds(result.Faults.Max(one => one.ServedAfterEnd))} | {Stale(result.Faults)} |");
        return table.ToString();
    }

    private static string Row(Fault fault, IReadOnlyList<FaultResult> times) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {fault.Title} | `{fault.Name}` | {times.Count} | {times.Sum(one => one.Acknowledged)} | {times.Sum(one => one.Lost.Count)} | {times.Sum(one => one.Unavailable)}{(fault.Limits.MayRefuse ? "" : " (none)")} | {Errors(times)} | {times.Sum(one => one.RefusedAfterRecovery)} | {Seconds(times.Max(one => one.LongestWait))}{Limit(fault.Limits.LongestWait)} | {Seconds(times.Max(one => one.ServedAfterEnd))}{Limit(fault.Limits.ServedAfterEnd)} | {Stale(times)}{(fault.Limits.Stale > TimeSpan.Zero ? Limit(fault.Limits.Stale) : " (none)")} |");

    private static string Errors(IEnumerable<FaultResult> times)
    {
        var errors = times.SelectMany(one => one.Broken.Concat(one.Errors)).GroupBy(error => error.Key, error => error.Value).ToDictionary(error => error.Key, error => error.Sum());
        return errors.Count == 0 ? "0" : FaultResult.Describe(errors);
    }

    private static string Stale(IReadOnlyList<FaultResult> times) =>
        times.Sum(one => one.StaleReads.Count) is > 0 and var reads ? $"{reads}, up to {Seconds(times.Max(one => one.LongestStale))}" : "0";

    private static string Limit(TimeSpan? limit) => limit is { } most ? string.Create(CultureInfo.InvariantCulture, $" (≤ {most.TotalSeconds:0} s)") : "";

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s");
}
