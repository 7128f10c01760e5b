using System.Buffers.Text;
using System.Text;

namespace ContinueWatching.Bench.Load;

/// <summary>An HTTP/1.1 answer, as far as a load driver needs it.</summary>
/// <param name="Status">The status code.</param>
/// <param name="HasRetryAfter">Whether it says when to come again.</param>
/// <param name="IsChunked">How the body is framed.</param>
/// <param name="HeadLength">Bytes before the body.</param>
/// <param name="Length">Bytes in all.</param>
internal readonly record struct Response(int Status, bool HasRetryAfter, bool IsChunked, int HeadLength, int Length);

/// <summary>Tells where an answer ends in what has come so far, by its Content-Length or by its chunks.</summary>
internal static class ResponseReader
{
    private const int VersionLength = 9;
    private const int StatusLength = 3;

    /// <summary>Whether <paramref name="received"/> begins with a whole answer.</summary>
    /// <exception cref="InvalidDataException">It begins with something else, or is framed in a way that no server here does.</exception>
    public static bool TryRead(ReadOnlySpan<byte> received, out Response response)
    {
        response = default;
        var head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        if (!received.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(received.Slice(VersionLength, StatusLength), out int status, out _))
            throw new InvalidDataException("No HTTP/1.1 answer: " + Encoding.Latin1.GetString(received[..Math.Min(head, 80)]));
        var bodyStart = head + 4;
        var (length, chunked, retryAfter) = ReadHeaders(received[..(head + 2)]);
        var bodyLength = chunked ? FindChunksEnd(received[bodyStart..])
            : length ?? (status is 204 or 304 ? 0 : throw new InvalidDataException($"An answer of {status} that does not say where it ends."));
        if (bodyLength is not { } known || received.Length < bodyStart + known)
            return false;
        response = new Response(status, retryAfter, chunked, bodyStart, bodyStart + known);
        return true;
    }

    /// <summary>The body, without its frames.</summary>
    public static byte[] Body(ReadOnlySpan<byte> received, Response response)
    {
        var framed = received[response.HeadLength..response.Length];
        if (!response.IsChunked)
            return framed.ToArray();
        var body = new List<byte>(framed.Length);
        while (TryReadChunk(framed, out var start, out var length) && length > 0)
        {
            body.AddRange(framed.Slice(start, length));
            framed = framed[(start + length + 2)..];
        }

        return [.. body];
    }

    private static (int? Length, bool Chunked, bool RetryAfter) ReadHeaders(ReadOnlySpan<byte> head)
    {
        int? length = null;
        var (chunked, retryAfter) = (false, false);
        for (var line = Next(ref head); !line.IsEmpty; line = Next(ref head))
        {
            var colon = line.IndexOf((byte)':');
            if (colon < 0)
                continue; // the status line
            var name = line[..colon];
            var value = line[(colon + 1)..].Trim((byte)' ');
            if (Ascii.EqualsIgnoreCase(name, "Content-Length"u8))
                length = Utf8Parser.TryParse(value, out int bytes, out _) ? bytes : throw new InvalidDataException("Content-Length is no number.");
            else if (Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8))
                chunked = Ascii.EqualsIgnoreCase(value, "chunked"u8) ? true : throw new InvalidDataException("Transfer-Encoding is not chunked.");
            else
                retryAfter |= Ascii.EqualsIgnoreCase(name, "Retry-After"u8);
        }

        return (length, chunked, retryAfter);
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = end < 0 ? default : head[..end];
        head = end < 0 ? default : head[(end + 2)..];
        return line;
    }

    // Null: the last chunk has not come yet.
    private static int? FindChunksEnd(ReadOnlySpan<byte> framed)
    {
        var read = 0;
        while (TryReadChunk(framed[read..], out var start, out var length) && framed.Length >= read + start + length + 2)
        {
            read += start + length + 2;
            if (length == 0)
                return read;
        }

        return null;
    }

    private static bool TryReadChunk(ReadOnlySpan<byte> framed, out int start, out int length)
    {
        (start, length) = (framed.IndexOf("\r\n"u8) + 2, 0);
        return start >= 2 && (Utf8Parser.TryParse(framed[..(start - 2)], out length, out _, 'x')
            ? true
            : throw new InvalidDataException("A chunk that does not say how long it is."));
    }
}
