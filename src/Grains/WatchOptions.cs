using System.ComponentModel.DataAnnotations;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>What a deployment may decide about the rules; section <c>Watch</c>.</summary>
public sealed class WatchOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Watch";

    /// <summary>
    /// The part of a title, at its end, in which it counts as finished: 0.05. A greater one clears the row sooner and loses endings.
    /// </summary>
    [Range(0, 0.5)]
    public double CompletionTailFraction { get; set; } = CompletionRule.Default.TailFraction;

    /// <summary>The longest such tail: 5 min. It decides for titles of more than 100 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan CompletionTailLimit { get; set; } = CompletionRule.Default.TailLimit;

    /// <summary>The rule of these two, one for all users.</summary>
    internal CompletionRule Completion => field ??= new CompletionRule(CompletionTailFraction, CompletionTailLimit);

    /// <summary>
    /// How often a playing device is asked to report: 10 s. Shorter loses less when a device dies, and costs writes in proportion.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How seldom it is asked to report when the commit queue is nearly full: 60 s. Longer sheds more load before reports are refused.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan LongestReportInterval { get; set; } = TimeSpan.FromSeconds(60);
}
