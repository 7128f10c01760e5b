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

    /// <summary>The most bytes of a body that carries many things at once.</summary>
    public const int MaxBatchBytes = 256 * 1024;

    private const int MaxShown = 80;
    private const int MaxMembers = 32;

    /// <summary>Takes one member of the object; the reader stands on its value, and is left on the value's last token.</summary>
    /// <returns>What is wrong with the value, or null. A member of an unknown name is skipped.</returns>
    public delegate Fault? ReadMember<T>(ref Utf8JsonReader reader, string name, T target);

    /// <summary>Reads the body, of at most <paramref name="maxBytes"/>, into <paramref name="target"/>.</summary>
    /// <returns>The refusal, or null.</returns>
    public static async ValueTask<ProblemHttpResult?> ReadAsync<T>(
        HttpRequest request, T target, ReadMember<T> readMember, int maxBytes = MaxBytes)
    {
        if (!IsJson(request.ContentType))
        {
            return Problems.NotJson(request.ContentType);
        }

        if (request.ContentLength > maxBytes)
        {
            return Problems.TooLarge(maxBytes);
        }

        // Not by the pipe: what is left unread in it when a client hangs up makes Kestrel log a warning (dotnet/aspnetcore#17840).
        var buffer = ArrayPool<byte>.Shared.Rent(maxBytes + 1);
        try
        {
            var length = await request.Body.ReadAtLeastAsync(
                buffer.AsMemory(0, maxBytes + 1), maxBytes + 1, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
            return length > maxBytes ? Problems.TooLarge(maxBytes)
                : Parse(buffer.AsSpan(0, length), target, readMember) is { } fault ? Problems.BadRequest(fault)
                : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads an array of objects, each into an item of its own; the reader stands on the array, and is left on its end.</summary>
    /// <param name="reader">Stands on the member's value.</param>
    /// <param name="name">The member that the array is.</param>
    /// <param name="most">The most objects that it may have.</param>
    /// <param name="items">Where they go, each with what is wrong with it.</param>
    /// <param name="readMember">Takes one member of one object.</param>
    /// <param name="least">The fewest objects that it may have: 1, or 0.</param>
    /// <returns>What is wrong with the array itself, or null.</returns>
    public static Fault? ReadObjects<T>(
        ref Utf8JsonReader reader, string name, int most, List<JsonItem<T>> items, ReadMember<T> readMember, int least = 1)
        where T : new()
    {
        var allowed = $"an array of {least} to {most} objects";
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new Fault(name, Show(ref reader), allowed);
        }

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (++count <= most)
            {
                items.Add(ReadItem(ref reader, readMember));
            }

            reader.Skip();
        }

        return count < least ? new Fault(name, "an empty array", allowed)
            : count > most ? new Fault(name, $"{count} objects", allowed)
            : null;
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

    /// <summary>Whether a content type says JSON, in the one encoding that JSON has.</summary>
    public static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var media)
        && media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!media.Charset.HasValue || HeaderUtilities.RemoveQuotes(media.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads one object into <paramref name="target"/>.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static Fault? Parse<T>(ReadOnlySpan<byte> bytes, T target, ReadMember<T> readMember)
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

        var fault = ReadMembers(ref reader, target, readMember);

        // Behind the object nothing may follow; the reader refuses what does.
        reader.Read();
        return fault;
    }

    // From the object's first token to its last. That a member is there twice counts before what is wrong with values.
    private static Fault? ReadMembers<T>(ref Utf8JsonReader reader, T target, ReadMember<T> readMember)
    {
        var seen = new List<string>(8);
        Fault? structure = null;
        Fault? first = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            structure ??= seen.Contains(name) ? new Fault(Shorten(name), "given twice", "each member once")
                : seen.Count == MaxMembers ? new Fault("body", $"more than {MaxMembers} members", $"{MaxMembers} members at most")
                : null;
            reader.Read();
            if (structure is null)
            {
                seen.Add(name);
                first ??= readMember(ref reader, name, target);
            }

            reader.Skip();
        }

        return structure ?? first;
    }

    private static JsonItem<T> ReadItem<T>(ref Utf8JsonReader reader, ReadMember<T> readMember)
        where T : new()
    {
        var value = new T();
        return new(value, reader.TokenType == JsonTokenType.StartObject
            ? ReadMembers(ref reader, value, readMember)
            : new Fault("", Show(ref reader), "an object"));
    }

    private static Fault NoObject(string came) => new("body", came, "a JSON object");
}

/// <summary>One object of an array, and the first thing that is wrong with it.</summary>
internal readonly record struct JsonItem<T>(T Value, Fault? Fault);

/// <summary>Where in a body a fault is.</summary>
internal static class Faults
{
    /// <summary>A fault of one object of an array, named by its place: <c>titles[3].duration</c>.</summary>
    public static Fault At(this Fault fault, string array, int index) =>
        fault with { Field = fault.Field.Length == 0 ? $"{array}[{index}]" : $"{array}[{index}].{fault.Field}" };
}
