using System.ComponentModel.DataAnnotations;

namespace ContinueWatching.Api.Rates;

/// <summary>
/// How much a caller may ask of one API process; section <c>Rates</c>. Each rate is what a caller may go on with, in requests per
/// <see cref="Period"/>; each burst is what they may do at once after a rest. Behind n processes it is up to n times as much.
/// </summary>
public sealed class RateSettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Rates";

    private const int Most = 1_000_000;

    /// <summary>Whether there are limits at all: true. False is for load tests: one caller may then take the whole service.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>What the rates count by: 1 s. A longer one allows rates below one a second; what is allowed comes back evenly.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A user: 20, over all their screens. A player reports every 10 s; more leaves less for others when an app goes wild.</summary>
    [Range(1, Most)]
    public int UserRate { get; set; } = 20;

    /// <summary>A user, at once: 60, an app that starts, or a device that catches up. A batch of 500 needs 50 of them.</summary>
    [Range(1, Most)]
    public int UserBurst { get; set; } = 60;

    /// <summary>A service: 2 000. It acts for many users; more lets one of them take what the viewers need.</summary>
    [Range(1, Most)]
    public int ServiceRate { get; set; } = 2_000;

    /// <summary>A service, at once: 4 000.</summary>
    [Range(1, Most)]
    public int ServiceBurst { get; set; } = 4_000;

    /// <summary>
    /// An address's requests without a good token: 5. Many viewers may share an address and find their tokens expired in the same hour;
    /// more is more of a flood that gets as far as its 401.
    /// </summary>
    [Range(1, Most)]
    public int AddressRate { get; set; } = 5;

    /// <summary>The same, at once: 20.</summary>
    [Range(1, Most)]
    public int AddressBurst { get; set; } = 20;

    /// <summary>
    /// Tokens not known yet that are still checked for an address that has used up its <see cref="AddressRate"/>: 200. So much
    /// processor time, some 1 % of a core, a flood may cost, and so fast a viewer at its address must be to get in with a new token.
    /// </summary>
    [Range(1, Most)]
    public int CheckRate { get; set; } = 200;

    /// <summary>The same, at once: 400.</summary>
    [Range(1, Most)]
    public int CheckBurst { get; set; } = 400;
}
