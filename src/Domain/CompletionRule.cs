namespace ContinueWatching.Domain;

/// <summary>The rule that a title left near its end is finished and leaves the row.</summary>
/// <param name="TailFraction">The part of the duration, at the end, in which a title counts as finished.</param>
/// <param name="TailLimit">The longest such tail: 5 % of a ten-hour title would be half an hour of it.</param>
public sealed record CompletionRule(double TailFraction, TimeSpan TailLimit)
{
    /// <summary>
    /// 5 % and 5 min: between the 90 % of most players, which cuts eleven minutes off a film of two hours, and the credits, which
    /// only a catalogue knows.
    /// </summary>
    public static readonly CompletionRule Default = new(0.05, TimeSpan.FromMinutes(5));

    /// <summary>
    /// Whether a viewer who left at <paramref name="position"/> has seen the title to its end: in its credits where their start is
    /// known, else in its tail. An unknown <paramref name="duration"/>, or one of zero, never finishes a title.
    /// </summary>
    public bool IsFinished(TimeSpan position, TimeSpan? duration, TimeSpan? creditsStart = null)
    {
        if (creditsStart is { } credits)
        {
            return position >= credits;
        }

        if (duration is not { } length || length <= TimeSpan.Zero)
        {
            return false;
        }

        return length - position <= TailOf(length);
    }

    /// <summary>How long the tail of a title of <paramref name="duration"/> is, in which it counts as finished.</summary>
    public TimeSpan TailOf(TimeSpan duration)
    {
        var tail = duration * TailFraction;
        return tail < TailLimit ? tail : TailLimit;
    }
}
