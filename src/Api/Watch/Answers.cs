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
    DateTime? WatchedAt,
    string? DeviceId,
    double NextReportInSeconds)
{
    // A title whose first report was ignored has no resume point: it starts at 0.
    public static ReportAnswer Of(ContentId contentId, ReportResult result) => new(
        contentId,
        result.Outcome,
        result.Status?.Position.TotalSeconds ?? 0,
        result.Status?.Duration?.TotalSeconds,
        result.Status?.Completed ?? false,
        result.Status?.WatchedAt.UtcDateTime,
        result.Status?.DeviceId.ToWire(),
        result.NextReportIn.TotalSeconds);
}

/// <summary>Where to go on with a title.</summary>
internal sealed record WatchStatusAnswer(
    ContentId ContentId, double ResumeFrom, double? Duration, bool Completed, DateTime WatchedAt, string? DeviceId)
{
    public static WatchStatusAnswer Of(WatchStatus status) => new(
        status.ContentId,
        status.Position.TotalSeconds,
        status.Duration?.TotalSeconds,
        status.Completed,
        status.WatchedAt.UtcDateTime,
        status.DeviceId.ToWire());
}

/// <summary>The row.</summary>
internal sealed record RowAnswer(IReadOnlyList<RowItem> Items)
{
    public static RowAnswer Of(ImmutableArray<RowEntry> row) => new(Array.ConvertAll([.. row], RowItem.Of));
}

/// <summary>One title of the row.</summary>
internal sealed record RowItem(ContentId ContentId, double ResumeFrom, double? Duration, DateTime WatchedAt, string? DeviceId)
{
    public static RowItem Of(RowEntry entry) => new(
        entry.ContentId,
        entry.Position.TotalSeconds,
        entry.Duration?.TotalSeconds,
        entry.WatchedAt.UtcDateTime,
        entry.DeviceId.ToWire());
}
