using System.ComponentModel.DataAnnotations;

namespace ContinueWatching.Grains;

/// <summary>What a silo remembers of the catalogue; section <c>Catalogue</c>.</summary>
public sealed class CatalogueOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Catalogue";

    /// <summary>
    /// How long a title, known or unknown, is remembered: 1 min. Within that time every silo sees a change; one that is asked for is looked up
    /// anew from half of it on. Shorter costs calls to the titles' grains in proportion.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Staleness { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The most titles remembered: 100 000. Fewer than are being watched cost calls for every row.</summary>
    [Range(100, 10_000_000)]
    public int MaxTitles { get; set; } = 100_000;

    /// <summary>How long a row or a report waits for what the catalogue knows: 2 s. After that it does without, so that it still comes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The most titles that are read or written in Postgres at once, a connection each: 8, some 3 000 titles a second. More would only
    /// take them from the commits.
    /// </summary>
    [Range(1, 100)]
    public int Connections { get; set; } = 8;
}
