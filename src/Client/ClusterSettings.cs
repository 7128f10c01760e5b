using System.ComponentModel.DataAnnotations;

namespace ContinueWatching.Client;

/// <summary>How a caller of grains finds its cluster; section <c>Cluster</c>, as on the silos.</summary>
public sealed class ClusterSettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Cluster";

    /// <summary>Which silos and clients belong together; the silos' value.</summary>
    [Required]
    public string ClusterId { get; set; } = "continue-watching";

    /// <summary>Names the service across all its clusters; the silos' value.</summary>
    [Required]
    public string ServiceId { get; set; } = "continue-watching";

    /// <summary>
    /// How long one try of a call waits for its answer: 3 s, as on the silos. An answer that a lost silo owed comes never, and this is when the
    /// caller finds out; a slow one that was given up is still carried out, and the next try waits behind it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How often the silos are looked up: every second. So long calls go on to a silo that hangs after the others have given it up, and so
    /// late a new one is found. One small query.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan GatewayRefresh { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection to a silo may take to open: 2 s. One whose machine is gone without a word answers never.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
