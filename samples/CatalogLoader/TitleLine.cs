using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using ContinueWatching.Contracts;

namespace ContinueWatching.CatalogLoader;

/// <summary>A title as a line of JSON; times in seconds.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record TitleLine(
    string? ContentId,
    double? Duration,
    double? CreditsStart,
    string? SeriesId,
    int? Season,
    int? Episode,
    string? NextContentId,
    string? Kind)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.Strict };

    /// <summary>Reads a line; else says what is wrong with it.</summary>
    public static bool TryParse(string line, [NotNullWhen(true)] out Title? title, [NotNullWhen(false)] out string? fault)
    {
        (title, fault) = (null, null);
        try
        {
            title = JsonSerializer.Deserialize<TitleLine>(line, _json)?.ToTitle();
            fault = title is null ? "null is no title." : title.FindFault()?.ToString();
        }
        catch (JsonException exception)
        {
            fault = $"no title in JSON, at byte {exception.BytePositionInLine + 1}{(exception.Path is { } path ? $" ({path})" : "")}.";
        }
        catch (FormatException exception)
        {
            fault = exception.Message;
        }

        return fault is null;
    }

    private Title ToTitle() => new(ParseContentId("contentId", ContentId))
    {
        Duration = Span("duration", Duration),
        CreditsStart = Span("creditsStart", CreditsStart),
        SeriesId = SeriesId is null ? null : Contracts.SeriesId.Parse(SeriesId),
        Season = Season,
        Episode = Episode,
        NextContentId = NextContentId is null ? null : ParseContentId("nextContentId", NextContentId),
        Kind = Kind,
    };

    private static ContentId ParseContentId(string field, string? text) =>
        Contracts.ContentId.TryParse(text, out var id)
            ? id
            : throw new FormatException(new Fault(field, text is null ? "absent" : $"\"{text}\"", Contracts.ContentId.Allowed).ToString());

    private static TimeSpan? Span(string field, double? seconds) =>
        seconds is null ? null
        : Math.Abs(seconds.Value) <= TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromMilliseconds(Math.Round(seconds.Value * 1000))
        : throw new FormatException(new Fault(field, $"{seconds}", "a number of seconds, 0 to 1000000").ToString());
}
