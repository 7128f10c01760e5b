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

    /// <summary>
    /// The IP address under which others find this silo. Not set: on ECS that of the task, as its metadata tell; elsewhere that of the first
    /// network interface.
    /// </summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>
    /// Whether an address that only this machine knows (loopback, link-local) may be advertised: no, except in the environment
    /// <c>Development</c>. Others would find it in the database, reach themselves or nobody under it, and only warn.
    /// </summary>
    public bool AllowLoopback { get; set; }

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
    /// How long one try of a call waits for its answer: 3 s. An answer that a lost silo owed comes never, and this is when the caller finds out;
    /// a slow one that was given up is still carried out, and the next try waits behind it. It is the API that has an end
    /// (<c>Api:CallDeadline</c>).
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long the silos wait for each other's answer to a probe: 1 s; between half and one and a half times as long, as the machine bears
    /// it. Shorter finds a lost silo sooner, and takes a busy one for lost.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:00:30")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many probes in a row a silo misses before another speaks against it: 3.</summary>
    [Range(1, 20)]
    public int MissedProbes { get; set; } = 3;

    /// <summary>How many silos have to speak against one before it is lost: 2, or all others where there are fewer.</summary>
    [Range(1, 5)]
    public int Votes { get; set; } = 2;

    /// <summary>
    /// How often a silo says in the database that it is alive: every 3 s; three times that long, and a silo that starts does not wait for it.
    /// One small write.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan AliveInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How often a silo reads the list of members, should no other tell it of a change: every 5 s. So long one that was cut off, or stood still,
    /// does not know at the most that it was given up. One small query.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan MembersRefresh { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection to another silo may take to open: 2 s. One whose machine is gone without a word answers never.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// At how much memory, in percent of what the container may have, users who were idle longest are let go: 80, down to 5 less. They wake with a
    /// read; a process that is killed for its memory takes all of them along.
    /// </summary>
    [Range(10, 95)]
    public int MemoryLimit { get; set; } = 80;

    /// <summary>
    /// At how much processor time, in percent, a silo's gateway refuses calls: 0, never. Refused calls are tried again, which costs more of what is
    /// short; the user queues and the storage queues are bounded, and refuse before that what they cannot bear.
    /// </summary>
    [Range(0, 100)]
    public int CpuLimit { get; set; }

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
