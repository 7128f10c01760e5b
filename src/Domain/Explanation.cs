using System.Globalization;
using ContinueWatching.Contracts;

namespace ContinueWatching.Domain;

/// <summary>What decided about a title in the row: told in words only when somebody asks.</summary>
/// <param name="Code">In one word.</param>
/// <param name="Title">The title that decided, where it need not be the one asked for.</param>
/// <param name="Catalogued">What the catalogue says of it.</param>
/// <param name="Rule">The rule that finished it.</param>
/// <param name="Next">What follows it, and stands for it and all of that one's series.</param>
internal readonly record struct Reason(
    RowCode Code, TitleProgress? Title = null, Title? Catalogued = null, CompletionRule? Rule = null, ContentId? Next = null)
{
    public static readonly Reason InProgress = new(RowCode.InProgress);

    public static Reason Hidden(TitleProgress title) => new(RowCode.Hidden, title);

    public static Reason MarkedWatched(TitleProgress title) => new(RowCode.MarkedWatched, title);

    public static Reason AnotherEpisode(TitleProgress head) => new(RowCode.AnotherEpisode, head);

    /// <summary>For a series that another title leads into, which was finished after all of it was watched.</summary>
    public static Reason Followed(TitleProgress title, ContentId next) => new(RowCode.AnotherEpisode, title, Next: next);

    public static Reason Finished(TitleProgress title, Title? catalogued, CompletionRule rule) =>
        new(RowCode.Finished, title, catalogued, rule);
}

/// <summary>Says in a sentence why a title is, or is not, in the row.</summary>
internal static class Explanation
{
    /// <summary>A title that has a place in the row, or would have one in a longer row.</summary>
    public static RowExplanation Of(RowEntry entry, TitleProgress head, int place) =>
        place > Limits.Row ? new(
            RowCode.BeyondTheRow, $"The row shows {Limits.Row} titles, and {place - 1} were watched after this one.")
        : entry.Reason == RowReason.NextEpisode ? new(
            RowCode.NextEpisode, $"It follows {head.ContentId}, which was finished on {Text(head.ResumePoint.WatchedAt)}.")
        : new(RowCode.InProgress, $"It was left at {Text(entry.Position)} on {Text(entry.WatchedAt)}.");

    /// <summary>A finished title for which another one stands, or would in a longer row.</summary>
    public static RowExplanation StoodFor(RowEntry next, Reason reason, int place) => new(
        reason.Code,
        $"{Of(reason).Sentence} {next.ContentId} stands for it, " + (place > Limits.Row
            ? $"but not in the row, which shows {Limits.Row} titles: {place - 1} were watched after it."
            : "in the row."));

    /// <summary>A title that was left out.</summary>
    public static RowExplanation Of(Reason reason) => new(reason.Code, reason.Code switch
    {
        RowCode.Hidden => $"{reason.Title!.ContentId} was hidden on {Text(reason.Title.Marks.HiddenAt)}, and not watched since.",
        RowCode.MarkedWatched => $"It was marked watched on {Text(reason.Title!.Marks.CompletedAt)}, and not watched since.",
        RowCode.AnotherEpisode when reason.Next is { } next =>
            $"{next} of its series stands for it, for it follows {reason.Title!.ContentId}, which was finished later, on {Text(reason.Title.ResumePoint.WatchedAt)}.",
        RowCode.AnotherEpisode =>
            $"{reason.Title!.ContentId}, another episode of its series, was watched last, on {Text(reason.Title.ResumePoint.WatchedAt)}.",
        RowCode.Finished => Finished(reason.Title!, reason.Catalogued, reason.Rule!),
        _ => "Another entry of the row stands for it.",
    });

    /// <summary>A title without a place.</summary>
    public static RowExplanation Unwatched(TitleProgress title, UserState user, Reason? ofItsSeries) =>
        title.IsMarkedWatched ? Of(Reason.MarkedWatched(title))
        : title.Marks.HiddenAt is not null ? Of(Reason.Hidden(title))
        : title.WasOpened ? new(
            RowCode.AtStart, $"It was opened, and left at 0: a place within the first {Text(TitleProgress.IgnoredBelow)} is not kept.")
        : user.IsPaused ? new(
            RowCode.HistoryPaused, $"No place in it is known, and the history has been paused since {Text(user.PausedFrom)}.")
        : ofItsSeries is { } other ? Of(other)
        : new(RowCode.NeverWatched, "It was never watched.");

    /// <summary>A title that might be in the row if it were not so old.</summary>
    public static RowExplanation TooLongAgo(TitleProgress title) => new(
        RowCode.BeyondTheRow, $"It was last watched on {Text(title.ResumePoint.WatchedAt)}, and many titles were after it.");

    private static string Finished(TitleProgress title, Title? catalogued, CompletionRule rule)
    {
        var duration = title.DurationIn(catalogued) ?? TimeSpan.Zero;
        return $"Its place is {Text(title.ResumePoint.Position)}, " + (catalogued?.CreditsStart is { } credits
            ? $"and its credits start at {Text(credits)}."
            : $"within {Text(rule.TailOf(duration))} of its end at {Text(duration)}.");
    }

    private static string Text(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.###} s");

    private static string Text(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss' UTC'", CultureInfo.InvariantCulture) ?? "";
}
