namespace ContinueWatching.Domain;

/// <summary>How often a playing device is asked to report: less often the fuller the commit queue, so that load sheds itself.</summary>
public static class Cadence
{
    // A queue below this is drained by its next commits; one above that refuses reports soon.
    private const double WellBelow = 0.1;
    private const double FullFrom = 0.9;

    /// <summary>The interval at a silo whose commit queue is filled to <paramref name="fill"/>, 0 to 1: from <paramref name="usual"/>
    /// while it is well to <paramref name="longest"/> when the queue is nearly full, in whole milliseconds.</summary>
    public static TimeSpan Of(TimeSpan usual, TimeSpan longest, double fill)
    {
        var share = Math.Clamp((fill - WellBelow) / (FullFrom - WellBelow), 0, 1);
        return longest <= usual ? usual : TimeSpan.FromMilliseconds(Math.Round((usual + ((longest - usual) * share)).TotalMilliseconds));
    }
}
