using System.Text.Json;
using ContinueWatching.Api.Identity;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Http;

/// <summary>Reads the values that requests carry, each checked against what it may be.</summary>
internal static class JsonValues
{
    private const int MaxUserIdDigits = 19;

    // Beyond all limits, and within what a TimeSpan holds.
    private const double MaxSeconds = 1e9;

    /// <summary>A user, as a string or as a plain non-negative integer: <c>123</c> and <c>"123"</c> are one user.</summary>
    public static Fault? ReadUser(ref Utf8JsonReader reader, out UserTarget user)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number when IsPlainInteger(reader.ValueSpan) => System.Text.Encoding.ASCII.GetString(reader.ValueSpan),
            _ => null,
        };
        return UserTarget.TryParse(text, out user)
            ? null
            : new Fault("userId", JsonBody.Show(ref reader), $"a string or a plain non-negative integer: {UserTarget.Allowed}");
    }

    /// <summary>A title.</summary>
    public static Fault? ReadContentId(ref Utf8JsonReader reader, out ContentId contentId, string field = "contentId")
    {
        contentId = default;
        return reader.TokenType == JsonTokenType.String && ContentId.TryParse(reader.GetString(), out contentId)
            ? null
            : new Fault(field, JsonBody.Show(ref reader), ContentId.Allowed);
    }

    /// <summary>A series.</summary>
    public static Fault? ReadSeries(ref Utf8JsonReader reader, out SeriesId series)
    {
        series = default;
        return reader.TokenType == JsonTokenType.String && SeriesId.TryParse(reader.GetString(), out series)
            ? null
            : new Fault("seriesId", JsonBody.Show(ref reader), $"{SeriesId.Allowed}, or absent");
    }

    /// <summary>A whole number. Whether a readable one is in range, who takes it says.</summary>
    public static Fault? ReadNumber(ref Utf8JsonReader reader, string field, out int number)
    {
        number = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out number)
            ? null
            : new Fault(field, JsonBody.Show(ref reader), "a whole number, or absent");
    }

    /// <summary>A text. Whether it is one of those allowed, who takes it says.</summary>
    public static Fault? ReadText(ref Utf8JsonReader reader, string field, out string text)
    {
        var isText = reader.TokenType == JsonTokenType.String;
        text = isText ? reader.GetString()! : "";
        return isText ? null : new Fault(field, JsonBody.Show(ref reader), "a text, or absent");
    }

    /// <summary>A device.</summary>
    public static Fault? ReadDevice(ref Utf8JsonReader reader, out DeviceId device)
    {
        device = default;
        return reader.TokenType == JsonTokenType.String && DeviceId.TryParse(reader.GetString(), out device)
            ? null
            : new Fault("deviceId", JsonBody.Show(ref reader), $"{DeviceId.Allowed}, or absent");
    }

    /// <summary>Seconds: any number, rounded to milliseconds. Whether a readable one is in range, the report says.</summary>
    public static Fault? ReadSeconds(ref Utf8JsonReader reader, string field, out TimeSpan span)
    {
        span = default;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var seconds) || !(Math.Abs(seconds) <= MaxSeconds))
        {
            return new Fault(field, JsonBody.Show(ref reader), "a number of seconds (not milliseconds), 0 to 1000000");
        }

        var milliseconds = Math.Round(seconds * 1000, MidpointRounding.AwayFromZero);
        span = TimeSpan.FromTicks((long)milliseconds * TimeSpan.TicksPerMillisecond);
        return null;
    }

    /// <summary>A moment, with its offset from UTC: without one it would be a different moment for each reader.</summary>
    public static Fault? ReadTime(ref Utf8JsonReader reader, string field, out DateTimeOffset time)
    {
        time = default;
        return reader.TokenType == JsonTokenType.String && HasOffset(reader.GetString()!) && reader.TryGetDateTimeOffset(out time)
            ? null
            : new Fault(field, JsonBody.Show(ref reader), "an ISO-8601 time with its offset, as 2026-01-31T20:15:00.250Z");
    }

    // ^(0|[1-9][0-9]{0,18})$
    private static bool IsPlainInteger(ReadOnlySpan<byte> digits) =>
        digits.Length <= MaxUserIdDigits && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (digits[0] != '0' || digits.Length == 1);

    private static bool HasOffset(string time) => time.IndexOf('T') is var clock and > 0 && time.AsSpan(clock).IndexOfAny("Z+-") > 0;
}
