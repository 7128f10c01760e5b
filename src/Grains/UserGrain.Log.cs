using ContinueWatching.Contracts;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Grains;

internal sealed partial class UserGrain
{
    [LoggerMessage(1, LogLevel.Information, "A report of user {User} for title {ContentId} lost to a newer one in Postgres; read anew")]
    private static partial void LogLost(ILogger logger, UserId user, ContentId contentId);

    [LoggerMessage(2, LogLevel.Warning, "A report of user {User} may or may not be stored; the grain gives up what it holds")]
    private static partial void LogOutcomeUnknown(ILogger logger, UserId user);

    [LoggerMessage(3, LogLevel.Information, "User {User} is erased")]
    private static partial void LogErased(ILogger logger, UserId user);

    [LoggerMessage(4, LogLevel.Warning, "What may have come of user {User} from a lost silo is not yet erased: {Reason}")]
    private static partial void LogNotErasedAgain(ILogger logger, UserId user, string reason);
}
