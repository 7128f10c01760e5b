using ContinueWatching.Api.Reference;
using ContinueWatching.Contracts;

namespace ContinueWatching.Api.Users;

/// <content>What the reference says of the routes.</content>
internal static partial class UserRoutes
{
    private const string Status = $$"""
        {"contentId": "{{Words.Film}}", "resumeFrom": 1325.412, "duration": 5400, "completed": true,
         "completedAt": "2026-01-31T21:10:03Z", "playCount": 1, "watchedAt": "2026-01-31T20:15:00.25Z", "deviceId": "tv", "elsewhere": []}
        """;

    private static RouteText GetUser { get; } = new(
        "getUser",
        Tags.Users,
        "What is known of a user",
        "Beside titles: since when, and whether the history is paused. A user of whom nothing is stored is answered too.")
    {
        Answer = """{"userId": "123", "createdAt": "2025-11-02T18:30:00Z", "historyPaused": false}""",
    };

    private static RouteText PatchUser { get; } = new(
        "updateUser",
        Tags.Users,
        "Pause the history, or let it go on",
        """
        What is watched while the history is paused is not stored, also when a device tells it later; its reports are answered
        `paused`. What was stored before stays.
        """)
    {
        Body = new(typeof(UserBody), """{"historyPaused": true}"""),
        Answer = """{"userId": "123", "createdAt": "2025-11-02T18:30:00Z", "historyPaused": true}""",
    };

    private static RouteText Erase { get; } = new(
        "eraseUser",
        Tags.Users,
        "Erase a user",
        """
        From every table and from memory. The answer is a receipt. For 30 days nothing that was watched before this moment comes
        back, however late a device tells it; what is watched afterwards starts anew.
        """)
    {
        Answer = """{"erasedAt": "2026-01-31T20:15:00.25Z", "rows": {"resume": 214, "title_mark": 31, "watchlist": 6, "users": 1}}""",
    };

    private static RouteText MarkWatched { get; } = new(
        "markWatched",
        Tags.History,
        "Mark a title watched",
        "As if it had been seen to its end: it leaves the row, its place stays. One that is through already is left as it is.")
    {
        Answer = Status,
    };

    private static RouteText UnmarkWatched { get; } = new(
        "unmarkWatched",
        Tags.History,
        "Take a mark back",
        "The title was then never seen to its end, nor marked watched. A place at its end stays one, and the title finished.");

    private static RouteText GetHistory { get; } = new(
        "getHistory",
        Tags.History,
        "What a user has watched",
        """
        A page of titles, newest first, finished and hidden ones too. `next` of one page is `after` of the following; the last has
        none. A title that is watched meanwhile moves up: none comes twice.
        """)
    {
        Answer = $$"""{"items": [{{Status}}], "next": "AAABnBX0EsoLXzpSbB1Njp8nP08Mb4oR"}""",
    };

    private static RouteText Forget { get; } = new(
        "forgetTitle",
        Tags.History,
        "Forget a title",
        """
        Wholly: places, completion, hiding. What was watched before this moment and arrives later does not bring it back; watching
        it anew does.
        """);

    private static RouteText GetWatchlist { get; } = new(
        "getWatchlist",
        Tags.Watchlist,
        "The watchlist",
        $"Newest first, at most {Limits.Watchlist} titles, each with where the viewer is in it, when they have begun.")
    {
        Answer = $$"""{"items": [{"contentId": "{{Words.Film}}", "addedAt": "2026-01-28T09:12:44Z", "status": {{Status}}}]}""",
    };

    private static RouteText AddToWatchlist { get; } = new(
        "addToWatchlist", Tags.Watchlist, "Put a title on the watchlist", "On top. One that is there stays where it is.")
    {
        Conflict = $"The watchlist has {Limits.Watchlist} titles, as many as it may.",
    };

    private static RouteText RemoveFromWatchlist { get; } = new(
        "removeFromWatchlist", Tags.Watchlist, "Take a title off the watchlist", "One that is not there is no error.");
}

/// <summary>What a user decides.</summary>
/// <remarks>The reference alone uses it.</remarks>
internal sealed record UserBody(bool HistoryPaused);
