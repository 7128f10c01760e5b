using System.Buffers;
using System.Globalization;

namespace ContinueWatching.Contracts;

/// <summary>What the catalogue knows of a title; whatever is absent, the service does without.</summary>
/// <param name="ContentId">The title.</param>
[GenerateSerializer, Immutable, Alias("cw.Title")]
public sealed record Title([property: Id(0)] ContentId ContentId)
{
    /// <summary>The most characters that <see cref="Kind"/> may have.</summary>
    public const int MaxKindLength = 32;

    /// <summary>The greatest <see cref="Season"/> and <see cref="Episode"/>.</summary>
    public const int MaxNumber = 100_000;

    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(1);
    private static readonly SearchValues<char> _kindCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>How long the title is; stands above what players tell.</summary>
    [Id(1)]
    public TimeSpan? Duration { get; init; }

    /// <summary>Where its credits start: whoever has come this far has finished it. Without it, a rule guesses by the duration.</summary>
    [Id(2)]
    public TimeSpan? CreditsStart { get; init; }

    /// <summary>The series of which this is an episode.</summary>
    [Id(3)]
    public SeriesId? SeriesId { get; init; }

    /// <summary>The season's number.</summary>
    [Id(4)]
    public int? Season { get; init; }

    /// <summary>The episode's number within its season.</summary>
    [Id(5)]
    public int? Episode { get; init; }

    /// <summary>What to watch after this one.</summary>
    [Id(6)]
    public ContentId? NextContentId { get; init; }

    /// <summary>What kind of title it is, in the catalogue's own words: <c>film</c>, <c>episode</c>, <c>trailer</c>.</summary>
    [Id(7)]
    public string? Kind { get; init; }

    /// <summary>What is wrong with the title, the first fault only; null when it can be taken.</summary>
    public Fault? FindFault() =>
        ContentId == default ? new Fault("contentId", ContentId.ToString(), ContentId.Allowed)
        : FindTimeFault() ?? FindSeriesFault() ?? FindKindFault();

    private Fault? FindTimeFault()
    {
        if (Duration < _shortest || Duration > Limits.Position)
        {
            return new Fault("duration", Seconds(Duration), "0.001 to 1000000 (seconds, not milliseconds), or absent");
        }

        // Credits that start at 0 would finish a title at its first second.
        if (CreditsStart < _shortest || CreditsStart > Limits.Position)
        {
            return new Fault("creditsStart", Seconds(CreditsStart), "0.001 to 1000000 (seconds, not milliseconds), or absent");
        }

        return CreditsStart > Duration
            ? new Fault("creditsStart", Seconds(CreditsStart), $"at most the duration, {Seconds(Duration)} (seconds, not milliseconds)")
            : null;
    }

    private Fault? FindSeriesFault() =>
        SeriesId == default(SeriesId) ? new Fault("seriesId", "\"\"", $"{Contracts.SeriesId.Allowed}, or absent")
        : FindNumberFault("season", Season) ?? FindNumberFault("episode", Episode) ?? FindNextFault();

    private Fault? FindNextFault() =>
        NextContentId == default(ContentId) ? new Fault("nextContentId", $"{NextContentId}", $"{ContentId.Allowed}, or absent")
        : NextContentId == ContentId ? new Fault("nextContentId", $"{NextContentId}", "another title than this one, or absent")
        : null;

    private Fault? FindKindFault() =>
        Kind is null || (Kind.Length is >= 1 and <= MaxKindLength && !Kind.AsSpan().ContainsAnyExcept(_kindCharacters))
            ? null
            : new Fault("kind", $"\"{Kind}\"", "1 to 32 of the characters a to z, 0 to 9 and -, or absent");

    private static Fault? FindNumberFault(string field, int? number) =>
        number is < 0 or > MaxNumber
            ? new Fault(field, number.Value.ToString(CultureInfo.InvariantCulture), "a whole number, 0 to 100000, or absent")
            : null;

    private static string Seconds(TimeSpan? span) => (span ?? default).TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
