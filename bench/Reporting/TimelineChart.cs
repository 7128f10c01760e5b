namespace ContinueWatching.Bench.Reporting;

/// <summary>Some figures over the same stretch.</summary>
/// <param name="Title">What is shown, and in what unit.</param>
/// <param name="Lines">The figures, one for each step.</param>
internal sealed record LinePanel(string Title, IReadOnlyList<(string Name, string Color, IReadOnlyList<double> Values)> Lines);

/// <summary>Panels of lines above one another, over one axis.</summary>
internal static class TimelineChart
{
    private const int Width = 1080;
    private const int Left = 76;
    private const int Right = 28;
    private const int Plot = Width - Left - Right;
    private const int Head = 76;
    private const int PanelHead = 40;
    private const int PanelHeight = 150;
    private const int Foot = 40;
    private const int Ticks = 12;

    /// <param name="title">The heading.</param>
    /// <param name="subtitle">Below it.</param>
    /// <param name="panels">From top to bottom.</param>
    /// <param name="at">What stands below a step: the first is 0.</param>
    /// <param name="marks">Stretches of steps that are named above the first panel.</param>
    public static string Draw(
        string title, string subtitle, IReadOnlyList<LinePanel> panels, Func<int, string> at, IReadOnlyList<(int From, int To, string Name)> marks)
    {
        var steps = panels.Max(panel => panel.Lines.Max(line => line.Values.Count));
        var svg = new Svg(Width, Head + (panels.Count * (PanelHead + PanelHeight)) + Foot, title);
        svg.Text(Left, 34, title, size: 19, bold: true);
        svg.Text(Left, 56, subtitle, Svg.Faint);
        var bottom = Head + (panels.Count * (PanelHead + PanelHeight));
        foreach (var (from, to, name) in marks)
        {
            svg.Bar(X(from, steps), Head + PanelHead, X(to, steps) - X(from, steps), bottom - Head - PanelHead, "#fef3c7");
            svg.Text((X(from, steps) + X(to, steps)) / 2, Head + PanelHead - 6, name, "#92400e", size: 11, anchor: "middle");
        }

        for (var index = 0; index < panels.Count; index++)
            Draw(svg, panels[index], Head + (index * (PanelHead + PanelHeight)), steps);
        for (var step = 0; step < steps; step += Math.Max(1, (int)Svg.Ceiling(steps / (double)Ticks)))
            svg.Text(X(step, steps), bottom + 20, at(step), Svg.Faint, anchor: "middle");
        return svg.ToString();
    }

    private static void Draw(Svg svg, LinePanel panel, int top, int steps)
    {
        var (ceiling, floor) = (top + PanelHead, top + PanelHead + PanelHeight - 14);
        var most = Svg.Ceiling(panel.Lines.Max(line => line.Values.DefaultIfEmpty().Max()));
        svg.Text(Left, top + 20, panel.Title, bold: true, size: 13);
        var x = Width - Right;
        foreach (var (name, color, _) in panel.Lines.Reverse())
        {
            svg.Text(x, top + 20, name, color, anchor: "end");
            x -= 24 + (name.Length * 7);
        }

        foreach (var share in new[] { 0, 0.5, 1 })
        {
            var y = floor - (share * (floor - ceiling));
            svg.Line(Left, y, Width - Right, y);
            svg.Text(Left - 8, y + 4, Svg.Number(most * share), Svg.Faint, anchor: "end");
        }

        foreach (var (_, color, values) in panel.Lines)
            svg.Path(values.Select((value, step) => (X(step, steps), floor - ((floor - ceiling) * value / most))), color);
    }

    private static double X(int step, int steps) => Left + (Plot * step / (double)Math.Max(1, steps - 1));
}
