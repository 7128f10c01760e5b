using System.Text.RegularExpressions;

namespace ContinueWatching.Hosting.Tests;

/// <summary>What a PromQL expression asks for: metrics, by their names and labels, and the labels that it sums by.</summary>
internal sealed partial class PromExpression
{
    private static readonly HashSet<string> _grouping = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    private static readonly HashSet<string> _operators = ["and", "or", "unless", "bool", "offset", "inf", "nan"];

    private readonly List<PromSelector> _selectors = [];
    private readonly HashSet<string> _groupedBy = [];

    public PromExpression(string text)
    {
        var tokens = Token().Matches(Range().Replace(text, "")).Select(match => match.Value).ToArray();
        for (var at = 0; at < tokens.Length; at++)
        {
            var (token, next) = (tokens[at], at + 1 < tokens.Length ? tokens[at + 1] : "");
            if (_grouping.Contains(token))
            {
                var end = Array.IndexOf(tokens, ")", at);
                _groupedBy.UnionWith(tokens[(at + 2)..end].Where(label => label != ","));
                at = end;
            }
            else if (IsName(token) && next != "(" && !_grouping.Contains(next) && !_operators.Contains(token))
            {
                var end = next == "{" ? Array.IndexOf(tokens, "}", at) : at;
                _selectors.Add(new PromSelector(token, [.. Matchers(tokens[Math.Min(at + 2, end)..end])]));
                at = end;
            }
        }
    }

    public IReadOnlyList<PromSelector> Selectors => _selectors;

    public IReadOnlySet<string> GroupedBy => _groupedBy;

    // label, operator, value; label, …
    private static IEnumerable<PromMatcher> Matchers(string[] tokens) =>
        tokens.Where(token => token != ",").Chunk(3).Select(matcher => new PromMatcher(matcher[0], matcher[1], matcher[2].Trim('"')));

    private static bool IsName(string token) => char.IsAsciiLetter(token[0]) || token[0] == '_';

    // [5m], [$__rate_interval]: name nothing. Our labels' values have no such bracket.
    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    // Strings, names, numbers, operators of labels; any other character is one for itself.
    [GeneratedRegex("\"[^\"]*\"|[A-Za-z_:][A-Za-z0-9_:]*|[0-9][0-9.eE]*|=~|!~|!=|[^\\s]")]
    private static partial Regex Token();
}

/// <summary>A metric, and what its labels have to be.</summary>
internal sealed record PromSelector(string Metric, IReadOnlyList<PromMatcher> Matchers)
{
    /// <summary>Whether a series is asked for.</summary>
    public bool Selects(PromSeries series) => series.Metric == Metric && Matchers.All(matcher => matcher.Takes(series.Labels.GetValueOrDefault(matcher.Label, "")));
}

/// <summary>What a label has to be.</summary>
internal sealed record PromMatcher(string Label, string Operator, string Value)
{
    public bool Takes(string value) => Operator switch
    {
        "=" => value == Value,
        "!=" => value != Value,
        "=~" => IsWhole(value),
        "!~" => !IsWhole(value),
        _ => throw new FormatException($"{Operator} is no operator of labels."),
    };

    // Prometheus' expressions are about the whole value, and a brace that counts nothing stands for itself.
    private bool IsWhole(string value) => Regex.IsMatch(value, $"^(?:{Value.Replace("{", @"\{", StringComparison.Ordinal)})$");
}

/// <summary>A series of a scrape.</summary>
internal sealed partial record PromSeries(string Metric, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>All series of a process' answer, with the label <c>job</c> that Prometheus gives it.</summary>
    public static IEnumerable<PromSeries> Read(string scrape, string job)
    {
        // Made by Prometheus for each process that it asks.
        yield return new PromSeries("up", new Dictionary<string, string> { ["job"] = job, ["instance"] = "" });
        foreach (var line in scrape.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var series = Line().Match(line);
            var labels = Pair().Matches(series.Groups["labels"].Value).ToDictionary(pair => pair.Groups[1].Value, pair => pair.Groups[2].Value);
            (labels["job"], labels["instance"]) = (job, "");
            yield return new PromSeries(series.Groups["metric"].Value, labels);
        }
    }

    [GeneratedRegex(@"^(?<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? ")]
    private static partial Regex Line();

    [GeneratedRegex("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Pair();
}
