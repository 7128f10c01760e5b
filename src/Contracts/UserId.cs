using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ContinueWatching.Contracts;

/// <summary>
/// A signed-in viewer (a household profile is a user of its own): 1 to 128 printable ASCII characters that need no escaping in a
/// path or a query, compared byte by byte, so that <c>123</c> and <c>0123</c> are two users.
/// </summary>
[GenerateSerializer, Immutable, Alias("cw.UserId")]
public readonly record struct UserId
{
    /// <summary>The most characters an id may have.</summary>
    public const int MaxLength = 128;

    /// <summary>What an id may be, in words for an error message.</summary>
    public const string Allowed =
        @"1 to 128 printable ASCII characters (0x21 to 0x7E) without / \ % ? # , and not one of . .. me";

    private static readonly SearchValues<char> _characters = SearchValues.Create(
        Enumerable.Range(0x21, 0x7E - 0x21 + 1).Select(code => (char)code).Except(@"/\%?#,").ToArray());

    [Id(0)]
    private readonly string? _value;

    private UserId(string value) => _value = value;

    /// <summary>The id as it was given.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, which names nobody.</exception>
    public string Value => _value ?? throw new InvalidOperationException("A default UserId names nobody.");

    /// <summary>Takes <paramref name="text"/> for an id when it is one; see <see cref="Allowed"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UserId user)
    {
        var valid = text is { Length: >= 1 and <= MaxLength }
            && !text.AsSpan().ContainsAnyExcept(_characters)
            && text is not ("." or ".." or "me");
        user = valid ? new UserId(text!) : default;
        return valid;
    }

    /// <summary>Takes <paramref name="text"/> for an id.</summary>
    /// <exception cref="FormatException">It is none; the message says what is allowed.</exception>
    public static UserId Parse(string? text) =>
        TryParse(text, out var user) ? user : throw new FormatException($"userId \"{text}\" is not {Allowed}.");

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}
