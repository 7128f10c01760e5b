using ContinueWatching.Contracts;
using CsCheck;

namespace ContinueWatching.Domain.Tests;

/// <summary>Values and generators that the tests share. Numbers are milliseconds: after noon, and into a title.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly ContentId Film = TitleNumbered(1);

    // The empty device, ids that differ by case alone, and one that is the start of another: only byte by byte do they sort so.
    public static readonly string[] Devices = ["", "A", "B", "a", "b", "tv", "TV", "tv1", "phone", "tablet", "web", "~"];

    // Small on purpose, so that equal times, equal places and equal devices meet all the time.
    public static readonly Gen<Register> AnyRegister = AnyRegisterAt([1_000, 100_000, 200_000, 300_000]);

    public static ContentId TitleNumbered(int number) => new(new Guid(number, 0, 0, new byte[8]));

    public static DateTimeOffset At(int milliseconds) => Noon + Ms(milliseconds);

    public static TimeSpan Ms(long milliseconds) => new(milliseconds * TimeSpan.TicksPerMillisecond);

    public static Register Register(string device, int at, int position, int? duration = null) =>
        new(DeviceId.Parse(device), At(at), Ms(position), duration is { } known ? Ms(known) : null);

    public static TitleProgress Progress(params IEnumerable<Register> registers) =>
        registers.Aggregate(TitleProgress.Unwatched(Film), (progress, register) => progress.Merge(register));

    public static Gen<Register> AnyRegisterAt(int[] positions) =>
        Gen.Select(
            Gen.Int[0, Devices.Length - 1],
            Gen.Int[0, 5],
            Gen.Int[0, positions.Length - 1],
            Gen.Int[0, 2],
            (device, at, position, duration) =>
                Register(Devices[device], at * 1_000, positions[position], duration == 0 ? null : duration * 400_000));

    /// <summary>A register without what is advisory: what every activation and every store must agree on.</summary>
    public static (string Device, DateTimeOffset At, TimeSpan Position) Place(this Register register) =>
        (register.DeviceId.Value, register.WatchedAt, register.Position);

    public static (string Device, DateTimeOffset At, TimeSpan Position)[] Places(this TitleProgress progress) =>
        [.. progress.Registers.Select(Place)];

    /// <summary>The text of the rule over all that was ever reported: each device's newest, of these the newest eight.</summary>
    public static (string Device, DateTimeOffset At, TimeSpan Position)[] NewestEight(IEnumerable<Register> reports) =>
        [.. reports
            .GroupBy(report => report.DeviceId.Value)
            .Select(device => device.OrderBy(report => report.WatchedAt).ThenBy(report => report.Position).Last())
            .OrderByDescending(report => report.WatchedAt)
            .ThenByDescending(report => report.Position)
            .ThenByDescending(report => report.DeviceId.Value, StringComparer.Ordinal)
            .Take(8)
            .Select(Place)];
}
