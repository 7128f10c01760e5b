using System.Globalization;

namespace ContinueWatching.Contracts;

/// <summary>A player's message: this user, at this title, on this device, was at this position, at this moment.</summary>
/// <param name="ContentId">The title.</param>
/// <param name="Position">Where in the title, from its start; whole milliseconds count.</param>
/// <param name="ReceivedAt">
/// When the report reached the caller of the grain, by the caller's clock. Stamped once, before any retry, so that a repeat stays a
/// repeat.
/// </param>
[GenerateSerializer, Immutable, Alias("cw.Report")]
public sealed record Report(
    [property: Id(0)] ContentId ContentId,
    [property: Id(1)] TimeSpan Position,
    [property: Id(2)] DateTimeOffset ReceivedAt)
{
    /// <summary>How long the title is, when the player knows.</summary>
    [Id(3)]
    public TimeSpan? Duration { get; init; }

    /// <summary>The screen; the empty device when the player names none.</summary>
    [Id(4)]
    public DeviceId DeviceId { get; init; }

    /// <summary>When it happened, by the device's clock, for a report that waited on the device; needs <see cref="SentAt"/>.</summary>
    [Id(5)]
    public DateTimeOffset? WatchedAt { get; init; }

    /// <summary>The device's clock when it sent the report, rewritten at each try: how wrong that clock is.</summary>
    [Id(6)]
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>What is wrong with the report, the first fault only; null when it can be taken.</summary>
    public Fault? FindFault() =>
        FindPositionFault() ?? FindTimeFault();

    private Fault? FindPositionFault()
    {
        if (ContentId == default)
        {
            return new Fault("contentId", ContentId.ToString(), ContentId.Allowed);
        }

        if (Position < TimeSpan.Zero || Position > Limits.Position)
        {
            return new Fault("resumeFrom", Seconds(Position), "0 to 1000000 (seconds, not milliseconds)");
        }

        if (Duration is not { } duration)
        {
            return null;
        }

        if (duration < TimeSpan.FromMilliseconds(1) || duration > Limits.Position)
        {
            return new Fault("duration", Seconds(duration), "0.001 to 1000000 (seconds, not milliseconds), or absent");
        }

        return Position - duration > Limits.BeyondDuration
            ? new Fault("resumeFrom", Seconds(Position), $"at most 30 seconds beyond the duration, {Seconds(duration)} (seconds, not milliseconds)")
            : null;
    }

    private Fault? FindTimeFault()
    {
        const string allowedTime = "from 2000-01-01T00:00:00Z until before 2100-01-01T00:00:00Z";
        if (!IsInRange(ReceivedAt))
        {
            return new Fault("receivedAt", Time(ReceivedAt), allowedTime);
        }

        if (WatchedAt is null && SentAt is null)
        {
            return null;
        }

        if (SentAt is not { } sentAt)
        {
            return new Fault("sentAt", "absent", "the device's clock at sending, wherever watchedAt is given");
        }

        if (WatchedAt is not { } watchedAt)
        {
            return new Fault("watchedAt", "absent", "the moment of watching by the device's clock, wherever sentAt is given");
        }

        if (!IsInRange(watchedAt))
        {
            return new Fault("watchedAt", Time(watchedAt), allowedTime);
        }

        if (!IsInRange(sentAt))
        {
            return new Fault("sentAt", Time(sentAt), allowedTime);
        }

        return watchedAt + (ReceivedAt - sentAt) < Limits.Earliest
            ? new Fault("watchedAt", Time(watchedAt), $"no longer before sentAt ({Time(sentAt)}) than 2000-01-01T00:00:00Z lies before now")
            : null;
    }

    private static bool IsInRange(DateTimeOffset time) => time >= Limits.Earliest && time < Limits.Latest;

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Why a value is refused, for a message that says what came and what is allowed.</summary>
/// <param name="Field">The field, by its name on the wire.</param>
/// <param name="Value">What came.</param>
/// <param name="Allowed">What is allowed.</param>
[GenerateSerializer, Immutable, Alias("cw.Fault")]
public sealed record Fault(
    [property: Id(0)] string Field,
    [property: Id(1)] string Value,
    [property: Id(2)] string Allowed)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Field} was {Value}; allowed: {Allowed}.";
}
