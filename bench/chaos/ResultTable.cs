using System.Globalization;
using System.Text;

namespace ContinueWatching.Chaos;

/// <summary>The result as a table in Markdown: it reads well in a terminal, and goes into the docs as it is.</summary>
internal static class ResultTable
{
    public static string Of(ChaosResult result)
    {
        var table = new StringBuilder();
        table.AppendLine("| fault under load | acknowledged | lost | 503 | other errors | after recovery | longest wait of a viewer | all served after its end | stale reads |");
        table.AppendLine("|---|---:|---:|---:|---|---:|---:|---:|---|");
        foreach (var fault in result.Faults)
        {
            table.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {fault.Title} | {fault.Acknowledged} | {fault.Lost.Count} | {fault.Unavailable} | {(fault.Errors.Count == 0 ? "0" : ChaosRun.Describe(fault.Errors))} | {fault.ErrorsAfterRecovery} | {fault.LongestWait.TotalSeconds:0.0} s | {fault.ServedAfterReturn.TotalSeconds:0.0} s | {(fault.StaleReads == 0 ? "0" : $"{fault.StaleReads} over {fault.StaleFor.TotalSeconds:0.0} s")} |"));
        }

        foreach (var lost in result.Faults.SelectMany(fault => fault.Lost).Distinct().Take(20))
        {
            table.AppendLine(CultureInfo.InvariantCulture, $"LOST: {lost}");
        }

        return table.ToString();
    }
}
