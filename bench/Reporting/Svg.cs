using System.Globalization;
using System.Text;

namespace ContinueWatching.Bench.Reporting;

/// <summary>A drawing under way: the few shapes that the charts are made of.</summary>
internal sealed class Svg
{
    /// <summary>Of headings.</summary>
    public const string Ink = "#111827";

    /// <summary>Of what stands beside.</summary>
    public const string Faint = "#6b7280";

    private const string Rule = "#e5e7eb";

    private readonly StringBuilder _text = new();

    public Svg(int width, int height, string label) => Add(
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="12" role="img" aria-label="{Escape(label)}">
        <rect width="{width}" height="{height}" fill="#ffffff"/>
        """);

    public void Text(double x, double y, string text, string color = Ink, int size = 12, string anchor = "start", bool bold = false) => Add(
        $"""<text x="{x:0.#}" y="{y:0.#}" font-size="{size}" fill="{color}" text-anchor="{anchor}"{(bold ? " font-weight=\"600\"" : "")}>{Escape(text)}</text>""");

    public void Bar(double x, double y, double width, double height, string color) =>
        Add($"""<rect x="{x:0.#}" y="{y:0.#}" width="{Math.Max(1, width):0.#}" height="{height:0.#}" rx="2" fill="{color}"/>""");

    public void Line(double x1, double y1, double x2, double y2, string color = Rule, string dash = "") => Add(
        $"""<line x1="{x1:0.#}" y1="{y1:0.#}" x2="{x2:0.#}" y2="{y2:0.#}" stroke="{color}"{(dash.Length > 0 ? $" stroke-dasharray=\"{dash}\"" : "")}/>""");

    public void Path(IEnumerable<(double X, double Y)> points, string color)
    {
        var text = string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")));
        Add($"""<polyline points="{text}" fill="none" stroke="{color}" stroke-width="2" stroke-linejoin="round"/>""");
    }

    public override string ToString() => $"{_text}</svg>\n";

    /// <summary>A number as a label shows it: 24 300, 8.1, 0.012.</summary>
    public static string Number(double value) => value switch
    {
        >= 1_000 => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f'),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.0", CultureInfo.InvariantCulture),
        0 => "0",
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    /// <summary>A round number not below <paramref name="value"/>, for the end of an axis.</summary>
    public static double Ceiling(double value)
    {
        if (value <= 0)
            return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return new[] { 1, 1.5, 2, 3, 4, 5, 6, 8, 10 }.First(step => step * power >= value * 0.999) * power;
    }

    private void Add(FormattableString shape) => _text.AppendLine(shape.ToString(CultureInfo.InvariantCulture));

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
