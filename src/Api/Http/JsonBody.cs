using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace ContinueWatching.Api.Http;

/// <summary>Reads a JSON object from a request, within a limit, and refuses what is none with the status that says why.</summary>
internal static class JsonBody
{
    /// <summary>The most bytes of a body.</summary>
    public const int MaxBytes = 16 * 1024;

    private const int MaxShown = 80;
    private const int MaxMembers = 32;

    /// <summary>Takes one member of the object; the reader stands on its value, and is left on the value's last token.</summary>
    /// <returns>What is wrong with the value, or null. A member of an unknown name is skipped.</returns>
    public delegate Fault? ReadMember<T>(ref Utf8JsonReader reader, string name, T target);

    /// <summary>Reads the body into <paramref name="target"/>.</summary>
    /// <returns>The refusal, or null.</returns>
    public static async ValueTask<ProblemHttpResult?> ReadAsync<T>(HttpRequest request, T target, ReadMember<T> readMember)
    {
        if (!IsJson(request.ContentType))
        {
            return Problems.NotJson(request.ContentType);
        }

        if (request.ContentLength > MaxBytes)
        {
            return Problems.TooLarge(MaxBytes);
        }

        // Not by the pipe: what is left unread in it when a client hangs up makes Kestrel log a warning (dotnet/aspnetcore#17840).
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBytes + 1);
        try
        {
            var length = await request.Body.ReadAtLeastAsync(
                buffer.AsMemory(0, MaxBytes + 1), MaxBytes + 1, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
            return length > MaxBytes ? Problems.TooLarge(MaxBytes)
                : Parse(buffer.AsSpan(0, length), target, readMember) is { } fault ? Problems.BadRequest(fault)
                : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What stands at the reader, as an error message shows it.</summary>
    public static string Show(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => Shorten($"\"{Encoding.UTF8.GetString(reader.ValueSpan)}\""),
        _ => Shorten(Encoding.UTF8.GetString(reader.ValueSpan)),
    };

    /// <summary>No more of a value than a message needs.</summary>
    public static string Shorten(string value) => value.Length <= MaxShown ? value
        : $"{value[..(char.IsHighSurrogate(value[MaxShown - 1]) ? MaxShown - 1 : MaxShown)]}…";

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var media)
        && media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!media.Charset.HasValue || HeaderUtilities.RemoveQuotes(media.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static Fault? Parse<T>(ReadOnlySpan<byte> bytes, T target, ReadMember<T> readMember)
    {
        if (!Utf8.IsValid(bytes))
        {
            return NoObject("bytes that are no UTF-8");
        }

        try
        {
            return ReadObject(bytes, target, readMember);
        }
        catch (JsonException exception)
        {
            return NoObject($"broken at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            // The reader's word for an escaped half of a surrogate pair: well-formed JSON that stands for no text.
            return NoObject("text with half a surrogate pair");
        }
    }

    private static Fault? ReadObject<T>(ReadOnlySpan<byte> bytes, T target, ReadMember<T> readMember)
    {
        var reader = new Utf8JsonReader(bytes);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return NoObject(Show(ref reader));
        }

        var seen = new List<string>(8);
        Fault? first = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (seen.Contains(name))
            {
                return new Fault(Shorten(name), "given twice", "each member once");
            }

            if (seen.Count == MaxMembers)
            {
                return new Fault("body", $"more than {MaxMembers} members", $"{MaxMembers} members at most");
            }

            seen.Add(name);
            reader.Read();
            first ??= readMember(ref reader, name, target);
            reader.Skip();
        }

        // Behind the object nothing may follow; the reader refuses what does.
        reader.Read();
        return first;
    }

    private static Fault NoObject(string came) => new("body", came, "a JSON object");
}
