namespace ContinueWatching.Infra;

/// <summary>A route of the service that the public may call, as the gateway knows it.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Its path, with <c>{parameters}</c>.</param>
/// <param name="Limit">Which of the environment's throttles it is under; null: the stage's alone.</param>
internal sealed record PublicRoute(string Method, string Path, Func<Throttles, Throttle>? Limit)
{
    private static readonly Func<Throttles, Throttle> _reports = throttles => throttles.Reports;
    private static readonly Func<Throttles, Throttle> _reads = throttles => throttles.Reads;
    private static readonly Func<Throttles, Throttle> _changes = throttles => throttles.Changes;
    private static readonly Func<Throttles, Throttle> _streams = throttles => throttles.Streams;
    private static readonly Func<Throttles, Throttle> _heavy = throttles => throttles.Heavy;
    private static readonly Func<Throttles, Throttle> _catalogue = throttles => throttles.Catalogue;

    /// <summary>Whether its answer is handed on as it comes, instead of being waited for: 15 minutes long at most, and of any length.</summary>
    public bool IsStreamed { get; private init; }

    /// <summary>Whether callers have a key of a usage plan, beside their token.</summary>
    public bool NeedsKey { get; private init; }

    /// <summary>All of them: what the README's table has, without the health checks. A test compares them with the service's own.</summary>
    public static IReadOnlyList<PublicRoute> All { get; } =
    [
        new("PUT", "/updateWatchStatus", _reports),
        new("POST", "/updateWatchStatus", _reports),
        new("GET", "/getWatchStatus", _reads),
        new("POST", "/users/{userId}/reports", _heavy),
        new("GET", "/users/{userId}/continue-watching", _reads),
        new("DELETE", "/users/{userId}/continue-watching/{contentId}", _changes),
        new("POST", "/users/{userId}/continue-watching/{contentId}/restore", _changes),
        new("GET", "/users/{userId}/continue-watching/why/{contentId}", _reads),
        new("PUT", "/users/{userId}/watched/{contentId}", _changes),
        new("DELETE", "/users/{userId}/watched/{contentId}", _changes),
        new("GET", "/users/{userId}/history", _reads),
        new("DELETE", "/users/{userId}/history/{contentId}", _changes),
        new("GET", "/users/{userId}/watchlist", _reads),
        new("PUT", "/users/{userId}/watchlist/{contentId}", _changes),
        new("DELETE", "/users/{userId}/watchlist/{contentId}", _changes),
        new("GET", "/users/{userId}", _reads),
        new("PATCH", "/users/{userId}", _changes),
        new("DELETE", "/users/{userId}", _heavy),
        new("GET", "/users/{userId}/export", _heavy) { IsStreamed = true },
        new("PUT", "/users/{userId}/import", _heavy),
        new("GET", "/users/{userId}/events", _streams) { IsStreamed = true },
        new("PUT", "/titles", _catalogue) { NeedsKey = true },
        new("GET", "/titles/{contentId}", _reads),
        new("PUT", "/titles/{contentId}", _catalogue) { NeedsKey = true },
        new("DELETE", "/titles/{contentId}", _catalogue) { NeedsKey = true },
        new("GET", "/openapi/v1.json", null),
        new("GET", "/docs", null),
        new("GET", "/docs/{proxy+}", null),
    ];

    /// <summary>The paths, each with the methods that there are: where a browser may ask first whether it may call.</summary>
    public static IEnumerable<string> Paths => All.Select(route => route.Path).Distinct();
}
