using ContinueWatching.Api.Reference;

namespace ContinueWatching.Api.Events;

internal static partial class EventRoutes
{
    private static readonly RouteText _events = new(
        "listen",
        Tags.Row,
        "Hear what changes",
        """
        Server-sent events: `row` first and whenever the row changes, with the same JSON as the row's own route; `position` when a title's
        place changes, with the same JSON as `getWatchStatus` answers for it, at most one per title and second, and the last one always.
        An `id` is made of the content: one that was seen before for the same event means nothing new. Comments keep a silent stream alive.

        The token comes in the header only (`fetch`, not `EventSource`), and the stream ends with it. A user may have 20 streams. Come back
        when a stream ends: the row comes first again.
        """)
    {
        Answer = """
            id: 3a2f
            event: row
            data: {"items":[{"contentId":"0b6f3e3c-5d0f-4c8e-9a53-0d2a3f1c9e11","resumeFrom":1325.412,"watchedAt":"2026-03-01T20:15:00.25Z","reason":"inProgress"}]}

            """,
    };
}
