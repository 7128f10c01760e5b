using System.Diagnostics.CodeAnalysis;

namespace ContinueWatching.Contracts;

/// <summary>A series, whatever its episodes: 1 to 128 printable ASCII characters, compared byte by byte; a UUID is usual.</summary>
[GenerateSerializer, Immutable, Alias("cw.SeriesId")]
public readonly record struct SeriesId
{
    /// <summary>The most characters an id may have.</summary>
    public const int MaxLength = 128;

    /// <summary>What an id may be, in words for an error message.</summary>
    public const string Allowed = "1 to 128 printable ASCII characters (0x21 to 0x7E)";

    [Id(0)]
    private readonly string? _value;

    private SeriesId(string value) => _value = value;

    /// <summary>The id as it was given.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, which names no series.</exception>
    public string Value => _value ?? throw new InvalidOperationException("A default SeriesId names no series.");

    /// <summary>Takes <paramref name="text"/> for an id when it is one; see <see cref="Allowed"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SeriesId series)
    {
        var valid = text is { Length: >= 1 and <= MaxLength } && !text.AsSpan().ContainsAnyExceptInRange('\x21', '\x7E');
        series = valid ? new SeriesId(text!) : default;
        return valid;
    }

    /// <summary>Takes <paramref name="text"/> for an id.</summary>
    /// <exception cref="FormatException">It is none; the message says what is allowed.</exception>
    public static SeriesId Parse(string? text) =>
        TryParse(text, out var series) ? series : throw new FormatException($"seriesId \"{text}\" is not {Allowed}.");

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}
