using System.Globalization;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;

namespace ContinueWatching.Storage.Tests;

/// <summary>Users and reports that no other test knows.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Noon = new(2024, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly DeviceId Tv = DeviceId.Parse("tv");

    public static readonly DeviceId Phone = DeviceId.Parse("phone");

    public static UserId User() => UserId.Parse($"user-{Guid.NewGuid():N}");

    public static ContentId Title() => new(Guid.NewGuid());

    public static ContentId Title(int number) =>
        new(Guid.ParseExact(number.ToString("x32", CultureInfo.InvariantCulture), "N"));

    /// <summary>At <paramref name="second"/> after noon the viewer was at this position.</summary>
    public static Register Register(
        double second, double position = 60, double? duration = null, DeviceId? device = null) => new(
        device ?? Tv,
        Noon + TimeSpan.FromSeconds(second),
        TimeSpan.FromSeconds(position),
        duration is { } known ? TimeSpan.FromSeconds(known) : null);

    public static RegisterWrite Write(UserId user, ContentId title, Register register, Register? evicted = null) =>
        new(user, title, register, evicted);

    /// <summary>Marks that were changed at <paramref name="changed"/>; all numbers are seconds after noon.</summary>
    public static TitleMarks Marks(
        double changed, double? completed = null, int count = 0, double? hidden = null, double? forgotten = null) => new()
    {
        CompletedAt = At(completed),
        PlayCount = count,
        HiddenAt = At(hidden),
        ForgottenAt = At(forgotten),
        ChangedAt = Noon.AddSeconds(changed),
    };

    private static DateTimeOffset? At(double? second) => second is { } known ? Noon.AddSeconds(known) : null;

    /// <summary>A report of a user and a title of its own.</summary>
    public static RegisterWrite Write(DeviceId? device = null) => new(User(), Title(), Register(0, device: device), null);
}
