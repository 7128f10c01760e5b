using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Users;

/// <summary>
/// One entry of an import, as an export gives it, by its <c>type</c>: <c>user</c> (which is read over: the path says whose it becomes),
/// <c>title</c> or <c>watchlist</c>.
/// </summary>
internal sealed class ImportEntry
{
    public const string User = "user";
    public const string Title = "title";
    public const string Watchlist = "watchlist";

    private readonly List<JsonItem<ImportPlace>> _places = [];
    private string? _type;
    private ContentId? _contentId;
    private DateTimeOffset? _completedAt;
    private DateTimeOffset? _hiddenAt;
    private DateTimeOffset? _forgottenAt;
    private DateTimeOffset? _addedAt;
    private int? _playCount;

    /// <summary>Which of the three it is, once <see cref="FindMissing"/> finds nothing.</summary>
    public string Type => _type ?? throw new InvalidOperationException("The entry has no type.");

    /// <summary>Takes one member; for <see cref="JsonBody.ReadMember{T}"/>.</summary>
    public static Fault? ReadMember(ref Utf8JsonReader reader, string name, ImportEntry entry) =>
        reader.TokenType == JsonTokenType.Null ? null : entry.Read(ref reader, name);

    /// <summary>The first mandatory member that is absent.</summary>
    public Fault? FindMissing() =>
        _type is not (User or Title or Watchlist) ? new Fault("type", _type is null ? "absent" : JsonBody.Shorten(_type), $"{User}, {Title} or {Watchlist}")
        : _type == User ? null
        : _contentId is null ? new Fault("contentId", "absent", ContentId.Allowed)
        : _type == Watchlist && _addedAt is null ? new Fault("addedAt", "absent", "when the title was put on the watchlist")
        : null;

    /// <summary>The title for the grain, or what is wrong with it.</summary>
    public Fault? ToTitle(DateTimeOffset now, out TitleRecord title)
    {
        title = new TitleRecord(_contentId!.Value, [])
        {
            CompletedAt = _completedAt,
            PlayCount = _playCount ?? (_completedAt is null ? 0 : 1),
            HiddenAt = _hiddenAt,
            ForgottenAt = _forgottenAt,
        };
        for (var index = 0; index < _places.Count; index++)
        {
            var (place, fault) = _places[index];
            if ((fault ?? place.FindMissing()) is { } wrong)
            {
                return wrong.At("places", index);
            }
        }

        title = title with { Places = [.. _places.Select(item => item.Value.ToRecord())] };
        return title.FindFault(now);
    }

    /// <summary>The watchlist entry for the grain, or what is wrong with it.</summary>
    public Fault? ToWatchlistRecord(DateTimeOffset now, out WatchlistRecord record)
    {
        record = new WatchlistRecord(_contentId!.Value, _addedAt!.Value);
        return record.FindFault(now);
    }

    private Fault? Read(ref Utf8JsonReader reader, string name)
    {
        Fault? fault = null;
        switch (name)
        {
            case "type":
                fault = JsonValues.ReadText(ref reader, name, out var type);
                _type = type;
                break;
            case "contentId":
                fault = JsonValues.ReadContentId(ref reader, out var contentId);
                _contentId = contentId;
                break;
            case "places":
                fault = JsonBody.ReadObjects(ref reader, name, TitleRecord.MaxPlaces, _places, ImportPlace.ReadMember, least: 0);
                break;
            case "completedAt":
                fault = JsonValues.ReadTime(ref reader, name, out var completedAt);
                _completedAt = completedAt;
                break;
            case "playCount":
                fault = JsonValues.ReadNumber(ref reader, name, out var playCount);
                _playCount = playCount;
                break;
            case "hiddenAt":
                fault = JsonValues.ReadTime(ref reader, name, out var hiddenAt);
                _hiddenAt = hiddenAt;
                break;
            case "forgottenAt":
                fault = JsonValues.ReadTime(ref reader, name, out var forgottenAt);
                _forgottenAt = forgottenAt;
                break;
            case "addedAt":
                fault = JsonValues.ReadTime(ref reader, name, out var addedAt);
                _addedAt = addedAt;
                break;
        }

        return fault;
    }
}

/// <summary>One device's place in a title of an import.</summary>
internal sealed class ImportPlace
{
    private DeviceId _device;
    private TimeSpan? _resumeFrom;
    private TimeSpan? _duration;
    private DateTimeOffset? _watchedAt;

    /// <summary>Takes one member; for <see cref="JsonBody.ReadMember{T}"/>.</summary>
    public static Fault? ReadMember(ref Utf8JsonReader reader, string name, ImportPlace place)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Fault? fault = null;
        switch (name)
        {
            case "deviceId":
                fault = JsonValues.ReadDevice(ref reader, out place._device);
                break;
            case "resumeFrom":
                fault = JsonValues.ReadSeconds(ref reader, name, out var resumeFrom);
                place._resumeFrom = resumeFrom;
                break;
            case "duration":
                fault = JsonValues.ReadSeconds(ref reader, name, out var duration);
                place._duration = duration;
                break;
            case "watchedAt":
                fault = JsonValues.ReadTime(ref reader, name, out var watchedAt);
                place._watchedAt = watchedAt;
                break;
        }

        return fault;
    }

    /// <summary>The first mandatory member that is absent.</summary>
    public Fault? FindMissing() =>
        _resumeFrom is null ? new Fault("resumeFrom", "absent", "a number of seconds, 0 to 1000000")
        : _watchedAt is null ? new Fault("watchedAt", "absent", "when the viewer was there")
        : null;

    /// <summary>The place for the grain.</summary>
    public PlaceRecord ToRecord() => new(_device, _resumeFrom!.Value, _duration, _watchedAt!.Value);
}
