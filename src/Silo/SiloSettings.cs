using System.ComponentModel.DataAnnotations;
using System.Net;

namespace ContinueWatching.Silo;

/// <summary>Where a silo stands in its cluster; section <c>Cluster</c>.</summary>
public sealed class SiloSettings : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Cluster";

    /// <summary>Which silos and clients belong together. Stays for rolling deployments, changes for blue/green.</summary>
    [Required]
    public string ClusterId { get; set; } = "continue-watching";

    /// <summary>Names the service across all its clusters. Never changes: stored grains are found under it.</summary>
    [Required]
    public string ServiceId { get; set; } = "continue-watching";

    /// <summary>The port for other silos: 11111.</summary>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port for clients of the grains, the API among them: 30000.</summary>
    [Range(1, 65535)]
    public int GatewayPort { get; set; } = 30000;

    /// <summary>The IP address under which others find this silo. Not set: the address of the first network interface.</summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>How long a user's grain stays in memory without a call: 15 min. Waking costs a read, sleeping no memory.</summary>
    [Range(typeof(TimeSpan), "00:02:00", "1.00:00:00")]
    public TimeSpan GrainIdleTime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The most calls that wait for one user's grain: 500, a journal's worth. What comes on top is refused, and a user who floods
    /// the service fills a queue of their own only.
    /// </summary>
    [Range(1, 100_000)]
    public int UserQueue { get; set; } = 500;

    /// <summary>
    /// How long a caller waits for a grain: 15 s. Longer than a wait in the queue and a statement's limit together
    /// (<c>Storage:QueueTime</c>, <c>Storage:CommandTimeout</c>), so that the answer is nearly always the silo's; a report that has to wake
    /// its user, read its title and be committed, each at its limit, takes longer, and its caller is told that it is not known.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AdvertisedAddress is not null && !IPAddress.TryParse(AdvertisedAddress, out _))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(AdvertisedAddress)} was {AdvertisedAddress}; allowed: an IP address, or nothing.");
        }
    }
}
