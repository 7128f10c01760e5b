using System.Diagnostics.CodeAnalysis;

namespace ContinueWatching.Contracts;

/// <summary>
/// A screen: 1 to 64 printable ASCII characters, or the empty device (<c>default</c>) of reports that name none. Without ids, two
/// screens of a user share one register, and a paused one cannot be told from the one in the viewer's hand.
/// </summary>
[GenerateSerializer, Immutable, Alias("cw.DeviceId")]
public readonly record struct DeviceId
{
    /// <summary>The most characters an id may have.</summary>
    public const int MaxLength = 64;

    /// <summary>What an id may be, in words for an error message.</summary>
    public const string Allowed = "1 to 64 printable ASCII characters (0x21 to 0x7E)";

    [Id(0)]
    private readonly string? _value;

    private DeviceId(string value) => _value = value;

    /// <summary>The id as it was given; the empty string for the empty device.</summary>
    public string Value => _value ?? "";

    /// <summary>Whether this is the device of reports that name none.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(_value);

    /// <summary>Takes <paramref name="text"/> for an id when it is one; see <see cref="Allowed"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DeviceId device)
    {
        var valid = text is { Length: >= 1 and <= MaxLength } && !text.AsSpan().ContainsAnyExceptInRange('\x21', '\x7E');
        device = valid ? new DeviceId(text!) : default;
        return valid;
    }

    /// <summary>Takes <paramref name="text"/> for an id, the empty string for the empty device.</summary>
    /// <exception cref="FormatException">It is none; the message says what is allowed.</exception>
    public static DeviceId Parse(string text) =>
        text.Length == 0 ? default
        : TryParse(text, out var device) ? device
        : throw new FormatException($"deviceId \"{text}\" is not {Allowed}.");

    /// <summary>Whether the two are one device, byte by byte; the empty device is only itself.</summary>
    public bool Equals(DeviceId other) => string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
