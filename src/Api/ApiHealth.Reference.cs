using ContinueWatching.Api.Reference;

namespace ContinueWatching.Api;

/// <content>What the reference says of the routes.</content>
internal static partial class ApiHealth
{
    private static RouteText Live { get; } = new(
        "getLiveness", Tags.Health, "Is the process alive?", "Asks nothing behind it: when this fails, start the process anew.")
    {
        PlainAnswers = [new(StatusCodes.Status200OK, "It is.", "Healthy")],
    };

    private static RouteText Ready { get; } = new(
        "getReadiness",
        Tags.Health,
        "Can it really serve?",
        """
        Whether a silo answers, and its database behind it. While it does not, send no requests here; the process need not be
        started anew.
        """)
    {
        PlainAnswers =
        [
            new(StatusCodes.Status200OK, "It can.", "Healthy"),
            new(StatusCodes.Status503ServiceUnavailable, "It cannot, now.", "Unhealthy"),
        ],
    };
}
