using System.Globalization;
using System.Text.RegularExpressions;

namespace ContinueWatching.Infra.Tests;

/// <summary>
/// What CloudWatch makes of an expression in one minute: of numbers, names, <c>+ - * / &lt; &gt;</c>, <c>IF</c> and <c>FILL</c>. A metric without a value in that
/// minute is null, and so is what is reckoned with it; only <c>FILL</c> makes a number of it.
/// </summary>
internal sealed partial class CloudWatchMath
{
    private readonly string[] _words;
    private readonly IReadOnlyDictionary<string, double?> _values;
    private int _next;

    private CloudWatchMath(string expression, IReadOnlyDictionary<string, double?> values)
    {
        _words = [.. Word().Matches(expression).Select(match => match.Value)];
        Assert.Equal(expression.Replace(" ", "", StringComparison.Ordinal), string.Concat(_words));
        _values = values;
    }

    public static double? Evaluate(string expression, IReadOnlyDictionary<string, double?> values)
    {
        var math = new CloudWatchMath(expression, values);
        var value = math.Comparison();
        Assert.Equal(math._words.Length, math._next);
        return value;
    }

    private double? Comparison()
    {
        var left = Sum();
        return Peek() switch
        {
            ">" => Compare(left, (a, b) => a > b),
            "<" => Compare(left, (a, b) => a < b),
            _ => left,
        };
    }

    private double? Compare(double? left, Func<double, double, bool> holds)
    {
        _next++;
        var right = Sum();
        return left is { } a && right is { } b ? (holds(a, b) ? 1 : 0) : null;
    }

    private double? Sum()
    {
        var value = Product();
        while (Peek() is "+" or "-")
        {
            var isPlus = Take() == "+";
            var other = Product();
            value = isPlus ? value + other : value - other;
        }

        return value;
    }

    private double? Product()
    {
        var value = Term();
        while (Peek() is "*" or "/")
        {
            var isTimes = Take() == "*";
            var other = Term();
            value = isTimes ? value * other : other == 0 ? null : value / other;
        }

        return value;
    }

    private double? Term()
    {
        switch (Take())
        {
            case "(":
                return Closed(Comparison());
            case "IF":
                var (condition, then, otherwise) = (Argument("("), Argument(","), Argument(","));
                return Closed(condition is null ? null : condition != 0 ? then : otherwise);
            case "FILL":
                var (value, filling) = (Argument("("), Argument(","));
                return Closed(value ?? filling);
            case var word when char.IsAsciiDigit(word[0]):
                return double.Parse(word, CultureInfo.InvariantCulture);
            case var name:
                return _values[name];
        }
    }

    private double? Argument(string before)
    {
        Assert.Equal(before, Take());
        return Comparison();
    }

    private double? Closed(double? value)
    {
        Assert.Equal(")", Take());
        return value;
    }

    private string Peek() => _next < _words.Length ? _words[_next] : "";

    private string Take() => _words[_next++];

    [GeneratedRegex(@"[A-Za-z_]\w*|[0-9.]+|[-+*/<>(),]")]
    private static partial Regex Word();
}
