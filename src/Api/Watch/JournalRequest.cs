using System.Text.Json;
using ContinueWatching.Api.Http;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Watch;

/// <summary>
/// The body of <c>POST /users/{userId}/reports</c>: <c>{"sentAt": …, "reports": [{contentId, resumeFrom, duration?, deviceId?,
/// watchedAt}, …]}</c>. What a device kept while it was offline, moved as a whole by the error of its clock.
/// </summary>
internal sealed class JournalRequest
{
    private const string Reports = "reports";
    private readonly List<JsonItem<ReportRequest>> _items = [];
    private DateTimeOffset? _sentAt;

    /// <summary>How many reports it has.</summary>
    public int Count => _items.Count;

    /// <summary>Takes one member; for <see cref="JsonBody.ReadMember{T}"/>.</summary>
    public static Fault? ReadMember(ref Utf8JsonReader reader, string name, JournalRequest request)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        switch (name)
        {
            case "sentAt":
                var fault = JsonValues.ReadTime(ref reader, name, out var sentAt);
                request._sentAt = sentAt;
                return fault;
            case Reports:
                return JsonBody.ReadObjects(ref reader, name, Limits.ReportsInBatch, request._items, ReportRequest.ReadMember);
            default:
                return null;
        }
    }

    /// <summary>The first thing that is wrong with the journal as such.</summary>
    public Fault? FindFault() =>
        _sentAt is not { } sentAt ? new Fault("sentAt", "absent", "the device's clock at sending, an ISO-8601 time with its offset")
        : sentAt < Limits.Earliest || sentAt >= Limits.Latest ? new Fault("sentAt", $"{sentAt:O}", "from 2000-01-01T00:00:00Z until before 2100-01-01T00:00:00Z")
        : _items.Count == 0 ? new Fault(Reports, "absent", $"an array of 1 to {Limits.ReportsInBatch} objects")
        : null;

    /// <summary>The reports in their order, each a report for the grain or what is wrong with it.</summary>
    /// <param name="user">Whose reports they are, all.</param>
    /// <param name="findDevice">The device of those that name none.</param>
    /// <param name="receivedAt">When they came.</param>
    public IEnumerable<JournalEntry> ToEntries(UserId user, Func<(DeviceId Device, Fault? Fault)> findDevice, DateTimeOffset receivedAt)
    {
        (DeviceId Device, Fault? Fault)? ofToken = null;
        foreach (var (item, unreadable) in _items)
        {
            var device = item.Device is { } named ? (named, null) : ofToken ??= findDevice();
            var fault = unreadable ?? item.FindMissingInJournal(user) ?? device.Fault;
            var report = fault is null ? item.ToReport(device.Device, receivedAt) with { SentAt = _sentAt } : null;
            yield return new JournalEntry(item.ContentId, report, fault ?? report!.FindFault());
        }
    }
}

/// <summary>One report of a journal.</summary>
/// <param name="ContentId">Its title, when it names one.</param>
/// <param name="Report">The report; null when it can't be read.</param>
/// <param name="Fault">What is wrong with it, or null.</param>
internal readonly record struct JournalEntry(ContentId? ContentId, Report? Report, Fault? Fault);
