using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Watch;

/// <summary>
/// The body of <c>PUT /updateWatchStatus</c>: <c>{userId, contentId, resumeFrom, duration?, deviceId?, watchedAt?, sentAt?}</c>. null is
/// absent.
/// </summary>
internal sealed class ReportRequest
{
    private UserTarget? _user;
    private ContentId? _contentId;
    private TimeSpan? _resumeFrom;
    private TimeSpan? _duration;
    private DeviceId? _device;
    private DateTimeOffset? _watchedAt;
    private DateTimeOffset? _sentAt;

    /// <summary>Whose report it is, once <see cref="FindMissing"/> finds nothing.</summary>
    public UserTarget User => _user ?? throw new InvalidOperationException("The report names no user.");

    /// <summary>The device, when the report names one.</summary>
    public DeviceId? Device => _device;

    /// <summary>The title, when the report names one.</summary>
    public ContentId? ContentId => _contentId;

    /// <summary>Takes one member; for <see cref="JsonBody.ReadMember{T}"/>.</summary>
    public static Fault? ReadMember(ref Utf8JsonReader reader, string name, ReportRequest request) =>
        reader.TokenType == JsonTokenType.Null ? null : request.Read(ref reader, name);

    /// <summary>The first mandatory member that is absent.</summary>
    public Fault? FindMissing() =>
        _user is null ? new Fault("userId", "absent", $"a string or a plain non-negative integer: {UserTarget.Allowed}")
        : FindMissingPlace();

    /// <summary>The same for a report of a journal, which is the path's user's: it need not name one, and may name no other.</summary>
    public Fault? FindMissingInJournal(UserId user) =>
        _user is { Id: { } other } && other != user ? new Fault("userId", other.Value, "the user in the path, or absent")
        : FindMissingPlace();

    /// <summary>The report for the grain.</summary>
    public Report ToReport(DeviceId device, DateTimeOffset receivedAt) => new(_contentId!.Value, _resumeFrom!.Value, receivedAt)
    {
        DeviceId = device,
        Duration = _duration,
        WatchedAt = _watchedAt,
        SentAt = _sentAt,
    };

    private Fault? FindMissingPlace() =>
        _contentId is null ? new Fault("contentId", "absent", Contracts.ContentId.Allowed)
        : _resumeFrom is null ? new Fault("resumeFrom", "absent", "a number of seconds, 0 to 1000000")
        : null;

    private Fault? Read(ref Utf8JsonReader reader, string name)
    {
        Fault? fault = null;
        switch (name)
        {
            case "userId":
                fault = JsonValues.ReadUser(ref reader, out var user);
                _user = user;
                break;
            case "contentId":
                fault = JsonValues.ReadContentId(ref reader, out var contentId);
                _contentId = fault is null ? contentId : null;
                break;
            case "resumeFrom":
                fault = JsonValues.ReadSeconds(ref reader, name, out var resumeFrom);
                _resumeFrom = resumeFrom;
                break;
            case "duration":
                fault = JsonValues.ReadSeconds(ref reader, name, out var duration);
                _duration = duration;
                break;
            case "deviceId":
                fault = JsonValues.ReadDevice(ref reader, out var device);
                _device = device;
                break;
            case "watchedAt":
                fault = JsonValues.ReadTime(ref reader, name, out var watchedAt);
                _watchedAt = watchedAt;
                break;
            case "sentAt":
                fault = JsonValues.ReadTime(ref reader, name, out var sentAt);
                _sentAt = sentAt;
                break;
        }

        return fault;
    }
}
