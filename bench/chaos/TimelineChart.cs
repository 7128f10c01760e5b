using System.Globalization;
using System.Text;

namespace ContinueWatching.Chaos;

/// <summary>A picture of a run: answers a second, what was refused, the 99th percentile, and when things went wrong.</summary>
internal static class TimelineChart
{
    private const int Left = 64;
    private const int Right = 24;
    private const int Width = 1100;
    private const int Plot = Width - Left - Right;
    private const int LabelRows = 4;
    private const int LabelHeight = 14;
    private const double LetterWidth = 5.9;
    private const int ThroughputTop = 72 + (LabelRows * LabelHeight);
    private const int ThroughputHeight = 200;
    private const int LatencyTop = ThroughputTop + ThroughputHeight + 60;
    private const int LatencyHeight = 120;
    private const int Height = LatencyTop + LatencyHeight + 44;

    public static string Draw(ChaosResult result)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(result.Length.TotalSeconds));
        var bySecond = result.Answers.ToLookup(answer => (int)answer.At.TotalSeconds);
        var ok = Series(seconds, second => bySecond[second].Count(answer => answer.Kind == AnswerKind.Ok));
        var refused = Series(seconds, second => bySecond[second].Count(answer => answer.Kind == AnswerKind.Unavailable));
        var errors = Series(seconds, second => bySecond[second].Count(answer => answer.Kind == AnswerKind.Error));
        var p99 = Series(seconds, second => Percentile([.. bySecond[second].Select(answer => answer.Took.TotalMilliseconds)], 0.99));
        var mostAnswers = NiceCeiling(ok.Zip(refused, errors).Max(all => all.First + all.Second + all.Third));
        var slowest = Math.Pow(10, Math.Ceiling(Math.Log10(Math.Max(10, p99.Max()))));
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="system-ui, -apple-system, Segoe UI, sans-serif" font-size="12" role="img" aria-label="Answers and latency over time, with the faults">
            <rect width="{Width}" height="{Height}" fill="#ffffff"/>
            <text x="{Left}" y="28" font-size="17" font-weight="600" fill="#111827">{result.Plan.Silos} silos, {result.Plan.Apis} APIs, Postgres; {result.Plan.Viewers} viewers</text>
            """);
        Legend(svg, Left, 50, ("#2563eb", "200"), ("#f59e0b", "503, sent again"), ("#dc2626", "anything else"), ("#6b7280", "99th percentile"));
        Faults(svg, result, seconds);

        Axis(svg, ThroughputTop, ThroughputHeight, "answers a second", [0, mostAnswers / 2, mostAnswers], value => value / mostAnswers);
        Axis(svg, LatencyTop, LatencyHeight, "ms, logarithmic", Decades(slowest), value => Math.Log10(Math.Max(1, value)) / Math.Log10(slowest));
        Area(svg, ok, value => value / mostAnswers, "#2563eb", seconds);
        Bars(svg, refused, mostAnswers, "#f59e0b", seconds);
        Bars(svg, errors, mostAnswers, "#dc2626", seconds);
        Line(svg, p99, value => Math.Log10(Math.Max(1, value)) / Math.Log10(slowest), seconds);
        for (var tick = 0; tick <= seconds; tick += TickStep(seconds))
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{X(tick, seconds):0.0}" y="{LatencyTop + LatencyHeight + 20}" text-anchor="middle" fill="#4b5563">{tick} s</text>""");
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static void Faults(StringBuilder svg, ChaosResult result, int seconds)
    {
        Span<double> ends = stackalloc double[LabelRows];
        foreach (var fault in result.Faults)
        {
            var (from, to) = (X(fault.From.TotalSeconds, seconds), X(Math.Max(fault.Gone.TotalSeconds, fault.From.TotalSeconds + 0.5), seconds));
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect x="{from:0.0}" y="{ThroughputTop}" width="{to - from:0.0}" height="{LatencyTop + LatencyHeight - ThroughputTop}" fill="#fca5a5" opacity="0.28"/>""");

            // In the lowest row that has room; where none has, the band speaks for itself.
            var width = fault.Title.Length * LetterWidth;
            var at = Math.Min(from, Width - Right - width);
            var row = 0;
            while (row < LabelRows && ends[row] > at)
            {
                row++;
            }

            if (row < LabelRows)
            {
                ends[row] = at + width + LetterWidth;
                svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{at:0.0}" y="{ThroughputTop - 8 - (row * LabelHeight)}" fill="#991b1b" font-size="11">{fault.Title}</text>""");
            }
        }
    }

    private static double[] Series(int seconds, Func<int, double> value) => [.. Enumerable.Range(0, seconds).Select(value)];

    private static double Percentile(double[] values, double share)
    {
        Array.Sort(values);
        return values.Length == 0 ? 0 : values[(int)Math.Min(values.Length - 1, Math.Floor(values.Length * share))];
    }

    private static double X(double second, int seconds) => Left + (Plot * second / seconds);

    private static double NiceCeiling(double value)
    {
        var step = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(10, value))));
        return Math.Ceiling(value / step * 2) * step / 2;
    }

    private static double[] Decades(double slowest) => [.. Enumerable.Range(0, (int)Math.Round(Math.Log10(slowest)) + 1).Select(power => Math.Pow(10, power))];

    private static int TickStep(int seconds) => new[] { 5, 10, 20, 30, 60, 120, 300, 600 }.FirstOrDefault(step => seconds / step <= 14, 1800);

    private static void Legend(StringBuilder svg, int x, int y, params (string Color, string Text)[] entries)
    {
        foreach (var (color, text) in entries)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect x="{x}" y="{y - 9}" width="10" height="10" rx="2" fill="{color}"/><text x="{x + 15}" y="{y}" fill="#374151">{text}</text>""");
            x += 34 + (text.Length * 7);
        }
    }

    private static void Axis(StringBuilder svg, int top, int height, string title, double[] values, Func<double, double> share)
    {
        foreach (var value in values)
        {
            var y = top + height - (height * share(value));
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{Left}" x2="{Width - Right}" y1="{y:0.0}" y2="{y:0.0}" stroke="#e5e7eb"/><text x="{Left - 8}" y="{y + 4:0.0}" text-anchor="end" fill="#4b5563">{value:0.#}</text>""");
        }

        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text transform="translate(14 {top + (height / 2)}) rotate(-90)" text-anchor="middle" fill="#4b5563">{title}</text>""");
    }

    private static void Area(StringBuilder svg, double[] values, Func<double, double> share, string color, int seconds)
    {
        var points = string.Join(' ', values.Select((value, second) => Point(second + 0.5, share(value), ThroughputTop, ThroughputHeight, seconds)));
        var floor = ThroughputTop + ThroughputHeight;
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<polygon points="{X(0.5, seconds):0.0},{floor} {points} {X(values.Length - 0.5, seconds):0.0},{floor}" fill="{color}" opacity="0.18"/><polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.6"/>""");
    }

    private static void Bars(StringBuilder svg, double[] values, double most, string color, int seconds)
    {
        for (var second = 0; second < values.Length; second++)
        {
            var height = ThroughputHeight * values[second] / most;
            if (height > 0)
            {
                svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect x="{X(second, seconds):0.0}" y="{ThroughputTop + ThroughputHeight - Math.Max(2, height):0.0}" width="{Math.Max(1, Plot / (double)seconds):0.0}" height="{Math.Max(2, height):0.0}" fill="{color}"/>""");
            }
        }
    }

    private static void Line(StringBuilder svg, double[] values, Func<double, double> share, int seconds) => svg.AppendLine(
        CultureInfo.InvariantCulture,
        $"""<polyline points="{string.Join(' ', values.Select((value, second) => Point(second + 0.5, share(value), LatencyTop, LatencyHeight, seconds)))}" fill="none" stroke="#6b7280" stroke-width="1.4"/>""");

    private static string Point(double second, double share, int top, int height, int seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{X(second, seconds):0.0},{top + height - (height * share):0.0}");
}
