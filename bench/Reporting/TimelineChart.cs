namespace ContinueWatching.Bench.Reporting;

/// <summary>Some figures over the same stretch.</summary>
/// <param name="Title">What is shown, and in what unit.</param>
/// <param name="Lines">The figures, one for each step.</param>
internal sealed record LinePanel(string Title, IReadOnlyList<(string Name, string Color, IReadOnlyList<double> Values)> Lines)
{
    /// <summary>Whether each line across is ten times the one below, from 1 up: what is less is drawn as 1.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>The value at the upper end.</summary>
    public double Ceiling => IsLogarithmic ? Math.Pow(10, Math.Ceiling(Math.Log10(Math.Max(10, Most)))) : Svg.Ceiling(Most);

    /// <summary>The values that have a line across.</summary>
    public IEnumerable<double> Ticks => IsLogarithmic
        ? Enumerable.Range(0, (int)Math.Round(Math.Log10(Ceiling)) + 1).Select(power => Math.Pow(10, power))
        : [0, Ceiling / 2, Ceiling];

    private double Most => Lines.Max(line => line.Values.DefaultIfEmpty().Max());

    /// <summary>How far up a value is: 0 to 1.</summary>
    public double Share(double value) => IsLogarithmic ? Math.Log10(Math.Max(1, value)) / Math.Log10(Ceiling) : value / Ceiling;
}

/// <summary>Panels of lines above one another, over one axis.</summary>
internal static class TimelineChart
{
    private const int Width = 1080;
    private const int Left = 76;
    private const int Right = 28;
    private const int Plot = Width - Left - Right;
    private const int Head = 76;
    private const int NameHeight = 14;
    private const int NameRows = 4;
    private const double LetterWidth = 6;
    private const int PanelHead = 40;
    private const int PanelHeight = 150;
    private const int Foot = 40;
    private const int Ticks = 12;

    /// <param name="title">The heading.</param>
    /// <param name="subtitle">Below it.</param>
    /// <param name="panels">From top to bottom.</param>
    /// <param name="at">What stands below a step: the first is 0.</param>
    /// <param name="marks">Stretches of steps that are named above the first panel, in their order.</param>
    public static string Draw(
        string title, string subtitle, IReadOnlyList<LinePanel> panels, Func<int, string> at, IReadOnlyList<(double From, double To, string Name)> marks)
    {
        var steps = panels.Max(panel => panel.Lines.Max(line => line.Values.Count));
        var names = Place(marks, steps);
        var top = Head + (NameHeight * Math.Max(0, names.Select(name => name.Row).DefaultIfEmpty().Max()));
        var bottom = top + (panels.Count * (PanelHead + PanelHeight));
        var svg = new Svg(Width, bottom + Foot, title);
        svg.Text(Left, 34, title, size: 19, bold: true);
        svg.Text(Left, 56, subtitle, Svg.Faint);
        foreach (var (from, to, _) in marks)
            svg.Bar(X(from, steps), top + PanelHead, X(to, steps) - X(from, steps), bottom - top - PanelHead, "#fef3c7");
        foreach (var (x, row, name) in names)
            svg.Text(x, top + PanelHead - 24 - (row * NameHeight), name, "#92400e", size: 11);
        for (var index = 0; index < panels.Count; index++)
            Draw(svg, panels[index], top + (index * (PanelHead + PanelHeight)), steps);
        for (var step = 0; step < steps; step += Math.Max(1, (int)Svg.Ceiling(steps / (double)Ticks)))
            svg.Text(X(step, steps), bottom + 20, at(step), Svg.Faint, anchor: "middle");
        return svg.ToString();
    }

    private static void Draw(Svg svg, LinePanel panel, int top, int steps)
    {
        var (ceiling, floor) = (top + PanelHead, top + PanelHead + PanelHeight - 14);
        svg.Text(Left, top + 32, panel.Title, bold: true, size: 13);
        var x = Width - Right;
        foreach (var (name, color, _) in panel.Lines.Reverse())
        {
            svg.Text(x, top + 32, name, color, anchor: "end");
            x -= 24 + (name.Length * 7);
        }

        foreach (var value in panel.Ticks)
        {
            svg.Line(Left, Y(value), Width - Right, Y(value));
            svg.Text(Left - 8, Y(value) + 4, Svg.Number(value), Svg.Faint, anchor: "end");
        }

        foreach (var (_, color, values) in panel.Lines)
            svg.Path(values.Select((value, step) => (X(step, steps), Y(value))), color);

        double Y(double value) => floor - ((floor - ceiling) * panel.Share(value));
    }

    // Each name above the beginning of its stretch, in the lowest row that has room; where none has, the stretch goes without.
    private static List<(double X, int Row, string Name)> Place(IReadOnlyList<(double From, double To, string Name)> marks, int steps)
    {
        var ends = new double[NameRows];
        var placed = new List<(double X, int Row, string Name)>();
        foreach (var (from, _, name) in marks)
        {
            var x = Math.Min(X(from, steps), Width - Right - (name.Length * LetterWidth));
            var row = Array.FindIndex(ends, end => end <= x);
            if (row < 0)
                continue;
            ends[row] = x + ((name.Length + 1) * LetterWidth);
            placed.Add((x, row, name));
        }

        return placed;
    }

    private static double X(double step, int steps) => Left + (Plot * step / Math.Max(1, steps - 1));
}
