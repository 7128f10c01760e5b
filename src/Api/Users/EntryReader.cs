using System.Buffers;
using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Users;

/// <summary>Reads a JSON array of any length off a request, one entry at a time: no more than one is ever in memory.</summary>
internal sealed class EntryReader(Stream body) : IDisposable
{
    /// <summary>The most bytes of an entry.</summary>
    public const int MaxEntryBytes = 16 * 1024;

    private const string Allowed = "a JSON array of objects, as an export gives it";

    // Twice as much as an entry: white space in front of it counts as well.
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(2 * MaxEntryBytes);
    private JsonReaderState _state;
    private int _start;
    private int _end;
    private bool _isLast;
    private bool _hasBegun;

    /// <summary>The entry that was read last; it stands until the next one is read.</summary>
    public ReadOnlySpan<byte> Entry => _buffer.AsSpan(EntryRange);

    /// <summary>What is wrong with the array, once there is no next entry for it; null at its end. Its entries are named by their numbers.</summary>
    public Fault? Fault { get; private set; }

    private Range EntryRange { get; set; }

    /// <summary>Reads the next entry.</summary>
    /// <returns>False at the end of the array, or of what can be read of it: see <see cref="Fault"/>.</returns>
    /// <exception cref="BadHttpRequestException">The body is too large, or is broken off.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (TryRead())
            {
                case Step.Entry:
                    return true;
                case Step.Done:
                    return false;
            }

            if (_end - _start == _buffer.Length)
            {
                Fault = TooLarge();
                return false;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var count = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += count;
            _isLast = count == 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private Step TryRead()
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _isLast, _state);
        try
        {
            return TryRead(ref reader);
        }
        catch (JsonException broken)
        {
            Fault = new Fault("body", $"broken at line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}", Allowed);
            return Step.Done;
        }
    }

    private Step TryRead(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            // At the end of all there is, it refuses what is not whole.
            return _isLast ? Step.Done : Step.More;
        }

        if (!_hasBegun)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                Fault = new Fault("body", JsonBody.Show(ref reader), Allowed);
                return Step.Done;
            }

            _hasBegun = true;
            return Consume(ref reader, Step.More);
        }

        if (reader.TokenType == JsonTokenType.EndArray)
        {
            // Nothing may follow; the reader refuses what does.
            return Consume(ref reader, Step.More);
        }

        var from = _start + (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return Step.More;
        }

        EntryRange = from..(_start + (int)reader.BytesConsumed);
        if (Entry.Length > MaxEntryBytes)
        {
            Fault = TooLarge();
            return Step.Done;
        }

        return Consume(ref reader, Step.Entry);
    }

    private Step Consume(ref Utf8JsonReader reader, Step step)
    {
        _state = reader.CurrentState;
        _start += (int)reader.BytesConsumed;
        return step == Step.More ? TryRead() : step;
    }

    private static Fault TooLarge() => new("", $"more than {MaxEntryBytes} bytes", $"an entry of {MaxEntryBytes} bytes at most");

    private enum Step
    {
        /// <summary>What is there is not all of it.</summary>
        More,

        /// <summary>An entry.</summary>
        Entry,

        /// <summary>There is no further entry.</summary>
        Done,
    }
}
