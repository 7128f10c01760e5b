namespace ContinueWatching.Bench;

/// <summary>The few figures that a table is made of.</summary>
internal static class Figures
{
    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>
    /// The median of the rounds' ratios: what was measured within one round is compared, since a machine that others use, or that grows
    /// warm, changes from round to round.
    /// </summary>
    public static double MedianRatio(IReadOnlyList<double> upper, IReadOnlyList<double> lower) =>
        upper.Count == lower.Count
            ? Median(upper.Zip(lower, (above, below) => above / below))
            : throw new ArgumentException($"{upper.Count} rounds do not compare with {lower.Count}.");
}
