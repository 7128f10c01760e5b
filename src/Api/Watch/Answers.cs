using System.Collections.Immutable;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Watch;

/// <summary>The answer to a report: what became of it, and the title's resume point after it.</summary>
internal sealed record ReportAnswer(
    ContentId ContentId,
    ReportOutcome Outcome,
    double ResumeFrom,
    double? Duration,
    bool Completed,
    DateTime? CompletedAt,
    int PlayCount,
    DateTime? WatchedAt,
    string? DeviceId,
    PlaceItem[] Elsewhere,
    double NextReportInSeconds)
{
    // A title whose first report was ignored has no resume point: it starts at 0.
    public static ReportAnswer Of(ContentId contentId, ReportResult result) => new(
        contentId,
        result.Outcome,
        result.Status?.Position.TotalSeconds ?? 0,
        result.Status?.Duration?.TotalSeconds,
        result.Status?.Completed ?? false,
        result.Status?.CompletedAt?.UtcDateTime,
        result.Status?.PlayCount ?? 0,
        result.Status?.WatchedAt.UtcDateTime,
        result.Status?.DeviceId.ToWire(),
        PlaceItem.Of(result.Elsewhere),
        result.NextReportIn.TotalSeconds);
}

/// <summary>The answer to a batch of reports, one result for each in their order.</summary>
internal sealed record JournalAnswer(IReadOnlyList<JournalItem> Results, double? NextReportInSeconds);

/// <summary>What became of one report of a batch.</summary>
internal sealed record JournalItem(
    ContentId? ContentId,
    ReportOutcome Outcome,
    double? ResumeFrom,
    double? Duration,
    bool? Completed,
    DateTime? WatchedAt,
    string? DeviceId,
    PlaceItem[]? Elsewhere,
    FaultItem? Fault)
{
    public static JournalItem Of(ContentId contentId, ReportResult result) => result.Fault is { } fault
        ? Invalid(contentId, fault)
        : new(
            contentId,
            result.Outcome,
            result.Status?.Position.TotalSeconds ?? 0,
            result.Status?.Duration?.TotalSeconds,
            result.Status?.Completed ?? false,
            result.Status?.WatchedAt.UtcDateTime,
            result.Status?.DeviceId.ToWire(),
            PlaceItem.Of(result.Elsewhere),
            null);

    public static JournalItem Invalid(ContentId? contentId, Fault fault) => new(
        contentId, ReportOutcome.Invalid, null, null, null, null, null, null, new FaultItem(fault.Field, fault.Value, fault.Allowed));
}

/// <summary>What is wrong with one of many.</summary>
internal sealed record FaultItem(string Field, string Value, string Allowed);

/// <summary>Where to go on with a title.</summary>
internal sealed record WatchStatusAnswer(
    ContentId ContentId,
    double ResumeFrom,
    double? Duration,
    bool Completed,
    DateTime? CompletedAt,
    int PlayCount,
    DateTime WatchedAt,
    string? DeviceId,
    PlaceItem[] Elsewhere)
{
    public static WatchStatusAnswer Of(WatchStatus status) => new(
        status.ContentId,
        status.Position.TotalSeconds,
        status.Duration?.TotalSeconds,
        status.Completed,
        status.CompletedAt?.UtcDateTime,
        status.PlayCount,
        status.WatchedAt.UtcDateTime,
        status.DeviceId.ToWire(),
        PlaceItem.Of(status.Elsewhere));
}

/// <summary>A place on another device.</summary>
internal sealed record PlaceItem(string? DeviceId, double ResumeFrom, DateTime WatchedAt)
{
    public static PlaceItem[] Of(ImmutableArray<Place> places) => places.IsDefaultOrEmpty
        ? []
        : [.. places.Select(place => new PlaceItem(place.DeviceId.ToWire(), place.Position.TotalSeconds, place.WatchedAt.UtcDateTime))];
}

/// <summary>The row.</summary>
internal sealed record RowAnswer(IReadOnlyList<RowItem> Items)
{
    public static RowAnswer Of(ImmutableArray<RowEntry> row) => new(Array.ConvertAll([.. row], RowItem.Of));
}

/// <summary>One entry of the row.</summary>
internal sealed record RowItem(
    ContentId ContentId,
    double ResumeFrom,
    double? Duration,
    double? Progress,
    DateTime WatchedAt,
    string? DeviceId,
    string? SeriesId,
    RowReason Reason)
{
    public static RowItem Of(RowEntry entry) => new(
        entry.ContentId,
        entry.Position.TotalSeconds,
        entry.Duration?.TotalSeconds,
        entry.Duration is { } duration ? Math.Round(Math.Min(1, entry.Position / duration), 4) : null,
        entry.WatchedAt.UtcDateTime,
        entry.DeviceId.ToWire(),
        entry.SeriesId?.Value,
        entry.Reason);
}

/// <summary>Why a title is, or is not, in the row.</summary>
internal sealed record WhyAnswer(ContentId ContentId, bool InRow, RowCode Code, string Sentence)
{
    public static WhyAnswer Of(ContentId contentId, RowExplanation why) =>
        new(contentId, why.Code is RowCode.InProgress or RowCode.NextEpisode, why.Code, why.Sentence);
}

/// <summary>How a device stands in an answer: the empty device not at all.</summary>
internal static class DeviceIds
{
    public static string? ToWire(this DeviceId device) => device.IsEmpty ? null : device.Value;
}
