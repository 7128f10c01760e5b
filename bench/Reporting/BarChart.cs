namespace ContinueWatching.Bench.Reporting;

/// <summary>One figure of several: a bar each, from zero.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="Unit">Behind the numbers.</param>
/// <param name="Bars">The figures; <c>IsOurs</c> lifts the service's out.</param>
internal sealed record BarPanel(string Title, string Unit, IReadOnlyList<(string Label, double Value, bool IsOurs)> Bars);

/// <summary>Panels of horizontal bars, two side by side.</summary>
internal static class BarChart
{
    private const int Width = 1080;
    private const int Margin = 32;
    private const int Gap = 48;
    private const int PanelWidth = (Width - (2 * Margin) - Gap) / 2;
    private const int LabelWidth = 170;
    private const int ValueWidth = 92;
    private const int BarHeight = 20;
    private const int BarStep = 28;
    private const int Head = 84;
    private const int PanelHead = 26;
    private const int PanelFoot = 30;
    private const string Ours = "#2563eb";
    private const string Others = "#9ca3af";

    public static string Draw(string title, string subtitle, IReadOnlyList<BarPanel> panels)
    {
        var rows = panels.Chunk(2).ToArray();
        var heights = rows.Select(row => PanelHead + (BarStep * row.Max(panel => panel.Bars.Count)) + PanelFoot).ToArray();
        var svg = new Svg(Width, Head + heights.Sum(), title);
        svg.Text(Margin, 36, title, size: 19, bold: true);
        svg.Text(Margin, 58, subtitle, Svg.Faint);
        var top = Head;
        for (var row = 0; row < rows.Length; row++)
        {
            for (var column = 0; column < rows[row].Length; column++)
                Draw(svg, rows[row][column], Margin + (column * (PanelWidth + Gap)), top);
            top += heights[row];
        }

        return svg.ToString();
    }

    private static void Draw(Svg svg, BarPanel panel, int left, int top)
    {
        svg.Text(left, top + 12, panel.Title, bold: true, size: 13);
        var most = panel.Bars.Max(bar => bar.Value);
        var room = PanelWidth - LabelWidth - ValueWidth;
        for (var index = 0; index < panel.Bars.Count; index++)
        {
            var (label, value, isOurs) = panel.Bars[index];
            var y = top + PanelHead + (index * BarStep);
            var length = most > 0 ? room * value / most : 0;
            svg.Text(left + LabelWidth - 10, y + 14, label, anchor: "end");
            svg.Bar(left + LabelWidth, y, length, BarHeight, isOurs ? Ours : Others);
            svg.Text(left + LabelWidth + Math.Max(1, length) + 8, y + 14, $"{Svg.Number(value)} {panel.Unit}".TrimEnd(), Svg.Faint);
        }
    }
}
