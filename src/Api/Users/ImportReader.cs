using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Users;

/// <summary>
/// The entries of an import while they come in: a JSON array of which one entry at a time is held, and never more than
/// <see cref="MaxEntryBytes"/> of it.
/// </summary>
internal sealed class ImportReader(Stream body)
{
    /// <summary>The most bytes of an entry: three times what the longest title takes, with eight places and every id at its longest.</summary>
    public const int MaxEntryBytes = 16 * 1024;

    /// <summary>What an import is.</summary>
    public const string Allowed = "a JSON array of objects, as an export gives it";

    private const int None = -1;

    // The JSON reader passes a comma only with the value behind it, and a number only with what ends it: both are held with the entry,
    // and as much white space as an entry may have bytes.
    private readonly byte[] _buffer = new byte[1 + MaxEntryBytes + MaxEntryBytes + 1];
    private JsonReaderState _state;
    private bool _isArray;
    private int _count;
    private int _start = None;
    private int _read;
    private int _filled;
    private bool _hasBegun;
    private bool _hasEnded;

    private static ReadOnlySpan<byte> Mark => "\uFEFF"u8;

    /// <summary>The entry, from its first byte to its last; until the next is read.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary>What was wrong with the entry that could not be read; null at the end of a good array.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>Goes on to the next entry.</summary>
    /// <returns>False at the end of the body, or at a <see cref="Fault"/>.</returns>
    /// <exception cref="JsonException">It is broken; the position is that in the body.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (!TryEndEntry() && Fault is null)
        {
            if (_hasEnded)
            {
                return false;
            }

            FindTooLong();
            if (Fault is null)
            {
                await FillAsync(cancellationToken);
            }
        }

        return Fault is null;
    }

    // Goes on where it stopped: of what was seen, only an unfinished token is looked at again.
    private bool TryEndEntry()
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_read, _filled - _read), _hasEnded, _state);
        var isWhole = false;
        while (!isWhole && Fault is null && reader.Read())
        {
            isWhole = Take(ref reader);
        }

        _read += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
        return isWhole && Fault is null;
    }

    // Whether an entry ends with the token.
    private bool Take(ref Utf8JsonReader reader)
    {
        if (reader.CurrentDepth == 0)
        {
            _isArray |= reader.TokenType == JsonTokenType.StartArray;
            Fault = _isArray ? null : NoArray(JsonBody.Show(ref reader));
        }

        if (reader.CurrentDepth != 1)
        {
            return false;
        }

        if (reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            _start = _read + (int)reader.TokenStartIndex;
        }

        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            return false;
        }

        Current = _buffer.AsMemory(_start, _read + (int)reader.BytesConsumed - _start);
        Fault = Current.Length > MaxEntryBytes ? TooLong() : null;
        _start = None;
        _count++;
        return true;
    }

    // What is begun and not yet at its end is longer than what there is of it.
    private void FindTooLong()
    {
        if (_start == None ? _filled - _read == _buffer.Length : _filled - _start >= MaxEntryBytes)
        {
            Fault = _isArray ? TooLong() : NoArray($"more than {MaxEntryBytes} bytes of something else");
        }
    }

    // By the stream, for the reason that JsonBody gives.
    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var kept = _start == None ? _read : _start;
        _buffer.AsSpan(kept, _filled - kept).CopyTo(_buffer);
        (_start, _read, _filled) = (_start == None ? None : 0, _read - kept, _filled - kept);

        var least = _hasBegun ? 1 : Mark.Length;
        var length = await body.ReadAtLeastAsync(_buffer.AsMemory(_filled), least, throwOnEndOfStream: false, cancellationToken);
        _filled += length;
        _hasEnded = length < least;
        if (!_hasBegun && _buffer.AsSpan(0, _filled).StartsWith(Mark))
        {
            _read = Mark.Length;
        }

        _hasBegun = true;
    }

    private Fault TooLong() =>
        new Fault("", $"more than {MaxEntryBytes} bytes", $"{MaxEntryBytes} bytes at most, and no more white space before it").At("", _count);

    private static Fault NoArray(string came) => new("body", came, Allowed);
}
