using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Watch;

/// <content>What the reference says of the routes.</content>
internal static partial class WatchRoutes
{
    private static RouteText UpdateWatchStatus { get; } = new(
        "updateWatchStatus",
        Tags.Places,
        "Report where the viewer is",
        """
        One report of a player: this user, at this title, on this device, is at this second. A live report carries no time; one
        that waited on the device (offline, or after a 503) carries `watchedAt` and `sentAt`, both by the device's clock. 200
        means committed, whatever the `outcome`; the answer tells the title's resume point after it, which may be another
        device's, and when to report again. A repeat does no harm. `POST` is the same as `PUT`.
        """)
    {
        Body = new(typeof(ReportBody), $$"""
            {"userId": 123, "contentId": "{{Words.Film}}", "resumeFrom": 1325.412, "duration": 5400, "deviceId": "tv"}
            """),
        Answer = $$"""
            {"contentId": "{{Words.Film}}", "outcome": "applied", "resumeFrom": 1325.412, "duration": 5400, "completed": false, "playCount": 0,
             "watchedAt": "2026-01-31T20:15:00.25Z", "deviceId": "tv", "elsewhere": [], "nextReportInSeconds": 10}
            """,
    };

    private static RouteText GetWatchStatus { get; } = new(
        "getWatchStatus",
        Tags.Places,
        "Ask for the places of titles",
        $"""
        The resume points of up to {Limits.TitlesInRead} titles, in the order asked; titles never watched are left out. Asked for
        in the query, or as JSON in the body (for clients that send one with GET), not both.
        """)
    {
        Query = ["userId", "contentId"],
        Body = new(
            typeof(WatchStatusBody),
            $$"""{"userId": 123, "contentId": ["{{Words.Film}}", "7c9a1d0e-52b4-4f0a-8a52-6f3b1f1f0c21"]}""",
            IsRequired: false),
        Answer = $$"""
            [{"contentId": "{{Words.Film}}", "resumeFrom": 1325.412, "duration": 5400, "completed": false, "playCount": 0,
              "watchedAt": "2026-01-31T20:15:00.25Z", "deviceId": "tv",
              "elsewhere": [{"deviceId": "phone", "resumeFrom": 640, "watchedAt": "2026-01-30T07:50:12Z"}]}]
            """,
    };

    private static RouteText PostJournal { get; } = new(
        "reportJournal",
        Tags.Places,
        "Report what was watched offline",
        $"""
        What a device kept while it was offline: 1 to {Limits.ReportsInBatch} reports in one body of at most 256 KiB, each with
        the `watchedAt` of the device's clock, and with `sentAt`, that clock now; a clock that is wrong moves all of them as a
        whole. One result for each, in their order. A report that has a fault is told so (`invalid`) and does not sink the others.
        Durable as a single one is; a repeat does no harm.
        """)
    {
        Body = new(typeof(JournalBody), $$"""
            {"sentAt": "2026-01-31T20:15:00Z", "reports": [
              {"contentId": "{{Words.Film}}", "resumeFrom": 610.5, "duration": 5400, "deviceId": "phone", "watchedAt": "2026-01-31T18:02:11Z"},
              {"contentId": "{{Words.Film}}", "resumeFrom": 620.5, "deviceId": "phone", "watchedAt": "2026-01-31T18:02:21Z"}]}
            """),
        Answer = $$"""
            {"results": [
               {"contentId": "{{Words.Film}}", "outcome": "applied", "resumeFrom": 610.5, "duration": 5400, "completed": false,
                "watchedAt": "2026-01-31T18:02:11Z", "deviceId": "phone", "elsewhere": []},
               {"contentId": "{{Words.Film}}", "outcome": "applied", "resumeFrom": 620.5, "duration": 5400, "completed": false,
                "watchedAt": "2026-01-31T18:02:21Z", "deviceId": "phone", "elsewhere": []}],
             "nextReportInSeconds": 10}
            """,
    };
}

/// <summary>A report of a player.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record ReportBody(
    string UserId, ContentId ContentId, double ResumeFrom, double? Duration, string? DeviceId, DateTime? WatchedAt, DateTime? SentAt);

/// <summary>Whose places, and of which titles.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record WatchStatusBody(string UserId, string ContentId);

/// <summary>What a device kept while it was offline.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record JournalBody(DateTime SentAt, IReadOnlyList<JournalItemBody> Reports);

/// <summary>One report of a journal.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record JournalItemBody(
    string? UserId, ContentId ContentId, double ResumeFrom, double? Duration, string? DeviceId, DateTime WatchedAt);
