using ContinueWatching.Contracts;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Grains;

internal sealed partial class UserGrain
{
    [LoggerMessage(1, LogLevel.Information, "A report of user {User} for title {ContentId} lost to a newer one in Postgres; read anew")]
    private partial void LogLost(UserId user, ContentId contentId);

    [LoggerMessage(2, LogLevel.Warning, "A report of user {User} may or may not be stored; the grain gives up what it holds")]
    private partial void LogOutcomeUnknown(UserId user);
}
