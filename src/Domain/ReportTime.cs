using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>When a report happened, whatever the device's clock says.</summary>
public static class ReportTime
{
    /// <summary>
    /// A clock error below this is not corrected: it is travel time as likely as error, and a repeat with a new <c>sentAt</c> must
    /// come out at the same moment.
    /// </summary>
    public static readonly TimeSpan IgnoredError = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A live report happened when it was received. One that waited on its device is moved by receivedAt − sentAt, the error of the
    /// device's clock. Nothing happens later than it was received, nor later than <paramref name="now"/>, the silo's own clock.
    /// </summary>
    /// <returns>UTC, whole milliseconds.</returns>
    public static DateTimeOffset Of(Report report, DateTimeOffset now)
    {
        var limit = Earlier(report.ReceivedAt, now);
        if (report is not { WatchedAt: { } watchedAt, SentAt: { } sentAt })
        {
            return Truncate(limit);
        }

        var error = report.ReceivedAt - sentAt;
        return Truncate(Earlier(error.Duration() < IgnoredError ? watchedAt : watchedAt + error, limit));
    }

    private static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    /// <summary>The moment in UTC, in whole milliseconds: as all moments are held.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
}
