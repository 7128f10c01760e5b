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

    /// <summary>How long a call waits for a grain: 15 s, as on the silos.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(15);
}
