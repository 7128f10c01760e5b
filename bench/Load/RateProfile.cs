namespace ContinueWatching.Bench.Load;

/// <summary>When an open loop starts what: a rate over time, in stretches.</summary>
internal sealed class RateProfile(IReadOnlyList<RateStep> steps)
{
    /// <summary>When the request of this number, 0 first, is due, in seconds from the start; null when all are over.</summary>
    public double? DueAt(long number)
    {
        var (left, start) = ((double)number, 0.0);
        foreach (var step in steps)
        {
            var count = step.Seconds * (step.From + step.To) / 2;
            if (left < count)
                return start + Within(step, left);
            left -= count;
            start += step.Seconds;
        }

        return null;
    }

    // How long a stretch takes to come to so many: from·t + slope·t²/2 = count, in the form that has no 0/0 for a slope of 0.
    private static double Within(RateStep step, double count)
    {
        var slope = (step.To - step.From) / step.Seconds;
        return count == 0 ? 0 : 2 * count / (step.From + Math.Sqrt((step.From * step.From) + (2 * slope * count)));
    }
}
