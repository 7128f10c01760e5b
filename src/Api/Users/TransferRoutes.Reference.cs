using ContinueWatching.Api.Reference;

namespace ContinueWatching.Api.Users;

/// <content>What the reference says of the routes.</content>
internal static partial class TransferRoutes
{
    private const string Entries = $$"""
        [{"type": "user", "userId": "123", "exportedAt": "2026-01-31T20:15:00Z", "createdAt": "2025-11-02T18:30:00Z",
          "historyPaused": false, "pausedFrom": "2025-12-24T17:00:00Z", "pausedUntil": "2025-12-26T20:30:00Z"},
         {"type": "watchlist", "contentId": "7c9a1d0e-52b4-4f0a-8a52-6f3b1f1f0c21", "addedAt": "2026-01-28T09:12:44Z"},
         {"type": "title", "contentId": "{{Words.Film}}",
          "places": [{"deviceId": "tv", "resumeFrom": 1325.412, "duration": 5400, "watchedAt": "2026-01-31T19:15:00.25Z"}]}]
        """;

    private static RouteText Export { get; } = new(
        "exportUser",
        Tags.Users,
        "All that is held of a user",
        """
        A JSON array, streamed: the user, then the watchlist, then each title with the places of all devices and its marks. Should
        it break off, the array has no end, and no client can take the part for the whole. It is what an import takes.
        """)
    {
        Answer = Entries,
    };

    private static RouteText Import { get; } = new(
        "importUser",
        Tags.Users,
        "Take in what was exported",
        """
        An export of this service, or of another in the same form: at most 50 000 titles and 64 MiB, an entry at most 16 KiB.
        Merged by the rules of reports: nothing newer is overwritten, and a repeat changes nothing. Entries of the type `user` are
        read over: the path says whose it becomes. Answered while it is read, a line of JSON after each chunk: what was told is
        committed. The last line has `"done": true`, or the `problem` that ended it; refused before the first line, it is an error
        like any other.
        """)
    {
        Body = new(typeof(IReadOnlyList<ExportEntry>), Entries),
        Answer = """{"titles": 731, "changed": 729, "watchlist": 6, "done": true}""",
    };
}

/// <summary>One thing that is held, by its <c>type</c>.</summary>
/// <remarks>The reference alone uses it, for a choice between its members.</remarks>
internal sealed record ExportEntry(ExportedUser User, ExportedTitle Title, ExportedWatchlistEntry Watchlist);
