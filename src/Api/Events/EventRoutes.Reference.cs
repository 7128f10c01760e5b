using ContinueWatching.Api.Reference;

namespace ContinueWatching.Api.Events;

/// <content>What the reference says of the route.</content>
internal static partial class EventRoutes
{
    private static RouteText GetEvents { get; } = new(
        "streamEvents",
        Tags.Row,
        "What changes, live",
        """
        Server-sent events, as long as the connection and the token last: `row`, the row as it is now, first and whenever it has changed;
        `position`, the place of a title that was reported, marked or forgotten. Each carries the JSON that the routes of the row and of
        places answer. Who comes back hears the row first. 429 also when the user has as many streams as they may, 503 when the server has.
        """)
    {
        Answer = $$"""
            event: row
            id: 1
            data: {"items":[]}

            event: position
            id: 2
            data: {"contentId":"{{Words.Film}}","resumeFrom":1325.412,"completed":false,"playCount":0,"watchedAt":"2026-01-31T20:15:00.25Z","elsewhere":[]}
            """,
    };
}
