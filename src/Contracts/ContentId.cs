using System.Buffers;

namespace ContinueWatching.Contracts;

/// <summary>A title, one video: a film or an episode. A UUID, never the nil one.</summary>
[GenerateSerializer, Immutable, Alias("cw.ContentId")]
public readonly record struct ContentId : IComparable<ContentId>
{
    /// <summary>What an id may be, in words for an error message.</summary>
    public const string Allowed = "a UUID of the form 01234567-89ab-cdef-0123-456789abcdef, and not the nil UUID";

    // Guid takes "D" generously: white space around it, and + or 0x in the place of digits. Two texts would then be one title.
    private static readonly SearchValues<char> _characters = SearchValues.Create("0123456789abcdefABCDEF-");

    [Id(0)]
    private readonly Guid _value;

    /// <summary>Takes a UUID for a title's id.</summary>
    /// <exception cref="ArgumentException">It is the nil UUID.</exception>
    public ContentId(Guid value) =>
        _value = value != Guid.Empty ? value : throw new ArgumentException($"contentId is not {Allowed}.", nameof(value));

    /// <summary>The UUID.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, which names no title.</exception>
    public Guid Value =>
        _value != Guid.Empty ? _value : throw new InvalidOperationException("A default ContentId names no title.");

    /// <summary>Takes <paramref name="text"/> for an id when it is one; see <see cref="Allowed"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ContentId content)
    {
        var value = Guid.Empty;
        var valid = !text.ContainsAnyExcept(_characters) && Guid.TryParseExact(text, "D", out value) && value != Guid.Empty;
        content = valid ? new ContentId(value) : default;
        return valid;
    }

    /// <summary>Orders titles as Postgres orders their UUIDs.</summary>
    public int CompareTo(ContentId other) => _value.CompareTo(other._value);

    /// <inheritdoc/>
    public override string ToString() => _value.ToString();

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(ContentId left, ContentId right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(ContentId left, ContentId right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(ContentId left, ContentId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(ContentId left, ContentId right) => left.CompareTo(right) >= 0;
}
