using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Catalogue;

/// <summary>
/// One title as requests carry it: <c>{contentId, duration?, creditsStart?, seriesId?, season?, episode?, nextContentId?, kind?}</c>, the
/// times in seconds. null is absent.
/// </summary>
internal sealed class TitleRequest
{
    private TimeSpan? _duration;
    private TimeSpan? _creditsStart;
    private SeriesId? _seriesId;
    private int? _season;
    private int? _episode;
    private ContentId? _nextContentId;
    private string? _kind;

    /// <summary>The title, when the body names it.</summary>
    public ContentId? ContentId { get; private set; }

    /// <summary>Takes one member; for <see cref="JsonBody.ReadMember{T}"/>.</summary>
    public static Fault? ReadMember(ref Utf8JsonReader reader, string name, TitleRequest request) =>
        reader.TokenType == JsonTokenType.Null ? null : request.Read(ref reader, name);

    /// <summary>The title for the grain.</summary>
    public Title ToTitle(ContentId id) => new(id)
    {
        Duration = _duration,
        CreditsStart = _creditsStart,
        SeriesId = _seriesId,
        Season = _season,
        Episode = _episode,
        NextContentId = _nextContentId,
        Kind = _kind,
    };

    private Fault? Read(ref Utf8JsonReader reader, string name)
    {
        Fault? fault = null;
        switch (name)
        {
            case "contentId":
                fault = JsonValues.ReadContentId(ref reader, out var contentId);
                ContentId = contentId;
                break;
            case "duration":
                fault = JsonValues.ReadSeconds(ref reader, name, out var duration);
                _duration = duration;
                break;
            case "creditsStart":
                fault = JsonValues.ReadSeconds(ref reader, name, out var creditsStart);
                _creditsStart = creditsStart;
                break;
            case "seriesId":
                fault = JsonValues.ReadSeries(ref reader, out var seriesId);
                _seriesId = seriesId;
                break;
            case "season":
                fault = JsonValues.ReadNumber(ref reader, name, out var season);
                _season = season;
                break;
            case "episode":
                fault = JsonValues.ReadNumber(ref reader, name, out var episode);
                _episode = episode;
                break;
            case "nextContentId":
                fault = JsonValues.ReadContentId(ref reader, out var nextContentId, name);
                _nextContentId = nextContentId;
                break;
            case "kind":
                fault = JsonValues.ReadText(ref reader, name, out var kind);
                _kind = kind;
                break;
        }

        return fault;
    }
}
