using System.Globalization;
using System.Text;

namespace ContinueWatching.Bench.Reporting;

/// <summary>A figure beside its target.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Target">What it should be.</param>
/// <param name="AtLeast">Whether the target is a floor; else it is a ceiling.</param>
/// <param name="Value">What it is; null when it could not be measured.</param>
/// <param name="Unit">Behind the numbers.</param>
/// <param name="Note">How it came about.</param>
internal sealed record Finding(string What, double Target, bool AtLeast, double? Value, string Unit = "", string Note = "")
{
    /// <summary>Whether the target is met.</summary>
    public bool IsMet => Value is { } value && (AtLeast ? value >= Target : value <= Target);

    /// <summary>The table, as Markdown.</summary>
    public static string Table(IEnumerable<Finding> findings)
    {
        var table = new StringBuilder("| | target | measured | |\n|---|---:|---:|---|\n");
        foreach (var finding in findings)
            table.AppendLine(finding.Row());
        return table.ToString();
    }

    private string Row() =>
        $"| {What} | {(AtLeast ? "≥" : "≤")} {Number(Target)}{Unit} | {(Value is { } value ? Number(value) + Unit : "–")} | "
        + $"{(Value is null ? "not measured" : IsMet ? "met" : "**missed**")}{(Note.Length == 0 ? "" : $"; {Note}")} |";

    private static string Number(double value) => value switch
    {
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' '),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture) is var text && text == "0" && value > 0
            ? value.ToString("0.####", CultureInfo.InvariantCulture)
            : value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
