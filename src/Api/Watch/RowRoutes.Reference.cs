using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Watch;

/// <content>What the reference says of the routes.</content>
internal static partial class RowRoutes
{
    private static RouteText GetRow { get; } = new(
        "getContinueWatching",
        Tags.Row,
        "The row",
        $"""
        At most {Limits.Row} unfinished titles, newest first; a series once, with the episode to go on with. What is finished,
        hidden or marked watched is not in it, and makes room for the next. `If-None-Match` with the ETag of the answer before is
        answered 304 when nothing has changed.
        """)
    {
        Answer = $$"""
            {"items": [
               {"contentId": "{{Words.Film}}", "resumeFrom": 1325.412, "duration": 5400, "progress": 0.2454,
                "watchedAt": "2026-01-31T20:15:00.25Z", "deviceId": "tv", "reason": "inProgress"},
               {"contentId": "7c9a1d0e-52b4-4f0a-8a52-6f3b1f1f0c21", "resumeFrom": 0, "duration": 2700, "progress": 0,
                "watchedAt": "2026-01-30T21:40:00Z", "deviceId": "phone", "seriesId": "harbour-lights", "reason": "nextEpisode"}]}
            """,
    };

    private static RouteText Hide { get; } = new(
        "hideTitle",
        Tags.Row,
        "Take a title out of the row",
        """
        Hides the title, and its series if it stands for one. Its place stays, and watching on brings it back. One that was never
        watched and is not in the row is left as it is.
        """);

    private static RouteText Restore { get; } = new(
        "restoreTitle",
        Tags.Row,
        "Take the hiding back",
        "The title stands in the row again, where it stood by its last watching. One that is not hidden is left as it is.");

    private static RouteText Explain { get; } = new(
        "explainTitle",
        Tags.Row,
        "Why is a title in the row, or not?",
        "For support, and for whoever wonders: the one reason that decides, as a word for programs and as a sentence for people.")
    {
        Answer = $$"""
            {"contentId": "{{Words.Film}}", "inRow": false, "code": "hidden", "sentence": "It was hidden since it was last watched."}
            """,
    };
}
