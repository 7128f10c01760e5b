using System.Text;
using System.Text.Json;
using CsCheck;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>JSON spoiled in every place and in every way, down to its bytes.</summary>
internal static class Json
{
    private static readonly string[] _numbers =
    [
        "0", "-0", "-1", "1e3", "1E+3", "1e999", "-1e999", "1e-999", "1e308", "NaN", "Infinity", "-Infinity", "00", "0123", "+1",
        ".5", "1.", "0x10", "1_000", "--1", "1e", "0.0004", "1000000.001", "1000000.0004",
        "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "9999999999999999999", "99999999999999999999", "922337203685.4775807", "123456789012345678901234567890.5e-20",
    ];

    private static readonly string[] _times =
    [
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z",
        "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z", "-2024-01-01T00:00:00Z", "1999-12-31T23:59:59.999Z",
        "2000-01-01T00:00:00Z", "2000-01-01T00:00:00+14:00", "2099-12-31T23:59:59.999Z", "2100-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z", "2024-01-31T24:00:00Z", "2024-02-30T00:00:00Z", "2024-01-31T20:15:00", "2024-01-31", "20:15:00Z",
        "2024-01-31T20:15:00+99:99", "2024-01-31T20:15:00-14:01", "2024-01-31t20:15:00z", "2024-01-31 20:15:00Z",
        "2024-W05-3T20:15:00Z", "20240131T201500Z", "2024-01-31T20:15:00.12345678901234567890Z", "2024-01-31T20:15Z", "T", "Z",
        "1706732100", "/Date(1706732100000)/", "now",
    ];

    private static readonly string[] _texts =
    [
        "", " ", "a", "me", ".", "..", "a/b", "a%2fb", "0123", "1e3", "-0", "tv\\u0000", "\\u0000", "\\ud800", "\\udc00\\ud800",
        "\\ud83d\\u0041", "\\ud83d\\ude00", "\\x41", "\\u12", "\\", "\\\"", "\\n", "\\r\\nSet-Cookie: a=b", "\n", "\t", "\0",
        "\u007F", "é", "\u202E", "😀", "İ", "ﬁ",
        "null", "true", "[]", "' or 1=1--", "${jndi:ldap://x}", "{0}", "title", "Title", "user", "watchlist", "$type",
        Ids.Attacker, Ids.KnownTitle, Ids.KnownTitle.ToUpperInvariant(), $"{{{Ids.KnownTitle}}}", $" {Ids.KnownTitle}",
        $"{Ids.Titles[0]},{Ids.Titles[1]}",
        Guid.Empty.ToString(), Ids.KnownTitle.Replace("-", "", StringComparison.Ordinal), $"+{Ids.KnownTitle[1..]}",
    ];

    private static readonly string[] _values =
    [
        "null", "true", "false", "nul", "True", "undefined", "[]", "{}", "[[]]", "[null]", "[{}]", "[{},]", "{\"a\": 1}",
        "{\"a\": 1, \"a\": 2}", "{\"userId\": {\"userId\": 1}}", "[1, [2, [3]]]", "", ",", ":", "]", "}", "'me'", "/* why */ 1",
        "// why\n1", "1 // why\n", "\"", "\"\\u", "<xml/>",
    ];

    private static readonly Gen<string> _deep = Gen.Select(
        Gen.OneOf("[]", "{}"), Gen.OneOf(60, 61, 62, 63, 64, 65, 66, 200, 3_000), (kind, depth) => kind == "[]"
            ? new string('[', depth) + new string(']', depth)
            : string.Concat(Enumerable.Repeat("{\"a\": ", depth)) + "1" + new string('}', depth));

    private static readonly Gen<string> _many = Gen.Select(
        Gen.OneOf("1", "{}", "null", "[]", $"\"{Ids.KnownTitle}\"", $"{{\"contentId\": \"{Ids.KnownTitle}\"}}", $"{{\"type\": \"title\", \"contentId\": \"{Ids.KnownTitle}\"}}"), Gen.OneOf(9, 100, 101, 501, 1_001), (item, times) =>
            $"[{string.Join(',', Enumerable.Repeat(item, times))}]");

    private static readonly Gen<string> _long = Gen.Select(Gen.OneOf("x", "9", "\\u0041", "é", "\\ud800"), Gen.OneOf(33, 65, 81, 129, 5_000, 20_000), (text, times) =>
        $"\"{string.Concat(Enumerable.Repeat(text, times))}\"");

    public static Gen<string> BadValue(string other) => Gen.Frequency(
        (5, Gen.OneOf(_numbers)),
        (4, Gen.OneOf(_times).Select(time => $"\"{time}\"")),
        (5, Gen.OneOf([.. _texts, other, other.ToUpperInvariant(), $"{other}\\u0000", $"\\u0061{other[1..]}", $" {other}", $"{other}/", $"{Ids.Attacker},{other}"]).Select(text => $"\"{text}\"")),
        (4, Gen.OneOf(_values)),
        (1, _deep),
        (1, _many),
        (1, _long));

    /// <summary>A good body with a thing or three wrong with it.</summary>
    public static Gen<byte[]> Spoiled(Gen<string> good, string other) =>
        Gen.Select(good, Gen.Frequency((6, Gen.Const(1)), (2, Gen.Const(2)), (1, Gen.Const(3)))).SelectMany((text, times) => Spoiled(text, times, other)).SelectMany(Encoded);

    private static Gen<string> Spoiled(string text, int times, string other)
    {
        var once = Once(text, other);
        return times == 1 ? once : once.SelectMany(spoiled => Spoiled(spoiled, times - 1, other));
    }

    private static Gen<string> Once(string text, string other) => Gen.Frequency(
        (10, Gen.Select(Gen.Int[0, 1_000], BadValue(other), (place, value) => Replace(text, place, value))),
        (2, Gen.Int[0, text.Length].Select(length => text[..length])),
        (1, Gen.Select(Gen.Int[0, text.Length], Gen.Char['\0', '\x7F'], (place, character) => text.Insert(place, $"{character}"))),
        (1, Gen.Int[0, Math.Max(0, text.Length - 1)].Select(place => text.Length == 0 ? "x" : text.Remove(place, 1))),
        (2, Gen.Select(Gen.OneOf(_names), BadValue(other), (name, value) => AddMember(text, $"\"{name}\": {value}"))),
        (1, Gen.OneOf(31, 32, 33, 1_000, 10_000).Select(count => AddMember(text, string.Join(", ", Enumerable.Range(0, count).Select(number => $"\"m{number}\": {number}"))))),
        (1, Gen.OneOf(" {}", ",", "}", "]", " null", "\0", "x", "\n\n", new string(' ', 17_000), new string(' ', 270_000)).Select(garbage => text + garbage)),
        (1, Gen.OneOf($"[{text}]", $"{{\"a\": {text}}}", $"\"{text}\"", $"// {text}", $"{text}\n{text}", $" \t\r\n{text}", "", " ", "{}", "[]", "null", "userId=me")),
        (1, BadValue(other)));

    private static readonly string[] _names =
    [
        "userId", "contentId", "resumeFrom", "duration", "deviceId", "watchedAt", "sentAt", "reports", "titles", "creditsStart",
        "seriesId", "season", "episode", "nextContentId", "kind", "historyPaused", "type", "places", "completedAt",
        "playCount", "hiddenAt", "forgottenAt", "addedAt", "", "UserId", "userid", "user\\u0049d", "$type", "$ref", "__proto__",
        "constructor", "\\ud800", "\\u0000", "\\q", "é",
    ];

    // Arrays of objects and objects in arrays too: behind the first brace, wherever it stands.
    private static string AddMember(string text, string member)
    {
        var place = text.IndexOf('{', StringComparison.Ordinal);
        return place < 0 ? text + member : text.Insert(place + 1, text.AsSpan(place + 1).TrimStart().StartsWith("}") ? member : $"{member}, ");
    }

    // One token, or all that it opens. What is broken already loses a character.
    private static string Replace(string text, int place, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var spans = new List<Range>();
        try
        {
            Collect(bytes, spans);
        }
        catch (JsonException)
        {
            // As far as it went.
        }

        if (spans.Count == 0)
            return value;
        var (offset, length) = spans[place % spans.Count].GetOffsetAndLength(bytes.Length);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, offset)) + value + Encoding.UTF8.GetString(bytes.AsSpan(offset + length));
    }

    private static void Collect(byte[] bytes, List<Range> spans)
    {
        var reader = new Utf8JsonReader(bytes);
        while (reader.Read())
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                continue;
            var end = (int)reader.BytesConsumed;
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                var ahead = reader;
                ahead.Skip();
                end = (int)ahead.BytesConsumed;
            }
            else if (reader.TokenType == JsonTokenType.PropertyName)
            {
                end = start + reader.ValueSpan.Length + 2;
            }

            spans.Add(start..end);
        }
    }

    private static Gen<byte[]> Encoded(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Gen.Frequency(
            (20, Gen.Const(utf8)),
            (1, Gen.OneOf<byte[]>(
                [0xEF, 0xBB, 0xBF, .. utf8], Encoding.Unicode.GetBytes(text), [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)], Encoding.BigEndianUnicode.GetBytes(text), Encoding.UTF32.GetBytes(text), Encoding.Latin1.GetBytes(text))),
            (1, Gen.Select(Gen.Int[0, utf8.Length], Gen.OneOf<byte[]>([0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0x80], [0]), (place, bytes) => (byte[])[.. utf8[..place], .. bytes, .. utf8[place..]])),
            (1, Gen.Byte.Array[0, 200]));
    }
}
