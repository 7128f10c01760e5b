using ContinueWatching.Bench.Reporting;

namespace ContinueWatching.Chaos;

/// <summary>A picture of a run: answers a second, what was refused, the 99th percentile, and when things went wrong.</summary>
internal static class Picture
{
    public static string Of(ChaosResult result)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(result.Length.TotalSeconds));
        var bySecond = result.Answers.ToLookup(answer => (int)answer.At.TotalSeconds);
        return TimelineChart.Draw(
            "What viewers notice when something fails",
            $"{result.Plan.Silos} silos, {result.Plan.Apis} APIs, Postgres with fsync on; {result.Plan.Viewers} viewers with two screens each",
            [
                new("answers per second", [
                    ("200", "#2563eb", Each(second => second.Count(answer => answer.Kind == AnswerKind.Ok))),
                    ("503 with Retry-After", "#d97706", Each(second => second.Count(answer => answer.Kind == AnswerKind.Unavailable))),
                    ("anything else", "#dc2626", Each(second => second.Count(answer => answer.Kind is AnswerKind.Broken or AnswerKind.Error)))]),
                new("99th percentile, ms", [("p99", "#374151", Each(second => Percentile99([.. second.Select(answer => answer.Took.TotalMilliseconds)])))])
                {
                    IsLogarithmic = true,
                },
            ],
            second => $"{second} s",
            [.. result.Faults.Select(fault => (fault.From.TotalSeconds, Math.Max(fault.Gone.TotalSeconds, fault.From.TotalSeconds + 0.5), fault.Fault.Title))]);

        double[] Each(Func<IEnumerable<Answer>, double> value) => [.. Enumerable.Range(0, seconds).Select(second => value(bySecond[second]))];
    }

    private static double Percentile99(double[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? 0 : values[(int)(values.Length * 0.99)];
    }
}
