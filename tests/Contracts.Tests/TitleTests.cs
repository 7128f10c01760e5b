namespace ContinueWatching.Contracts.Tests;

/// <summary>What a title of the catalogue may say of itself.</summary>
public sealed class TitleTests
{
    private const string Times = "0.001 to 1000000 (seconds, not milliseconds), or absent";
    private const string Numbers = "a whole number, 0 to 100000, or absent";
    private const string Kinds = "1 to 32 of the characters a to z, 0 to 9 and -, or absent";

    private static readonly ContentId _id = new(new Guid("01234567-89ab-cdef-0123-456789abcdef"));
    private static readonly Title _title = new(_id);

    [Fact]
    public void A_title_may_say_nothing_or_everything()
    {
        Assert.Null(_title.FindFault());
        Assert.Null((_title with
        {
            Duration = Seconds(1_000_000),
            CreditsStart = Seconds(1_000_000),
            SeriesId = SeriesId.Parse("s"),
            Season = 0,
            Episode = 100_000,
            NextContentId = new ContentId(Guid.NewGuid()),
            Kind = "a-z0-9",
        }).FindFault());
    }

    [Fact]
    public void A_title_without_an_id_is_refused() =>
        AssertFault("contentId", "00000000-0000-0000-0000-000000000000", ContentId.Allowed, new Title(default));

    [Theory]
    [InlineData(-1, "-1")]
    [InlineData(0, "0")]
    [InlineData(0.0009, "0.0009")]
    [InlineData(0.001, null)]
    [InlineData(1_000_000, null)]
    [InlineData(1_000_000.001, "1000000.001")]
    public void A_duration_is_a_millisecond_to_a_million_seconds(double seconds, string? refused) =>
        AssertFault("duration", refused, Times, _title with { Duration = Seconds(seconds) });

    [Theory]
    [InlineData(-1, "-1")]
    [InlineData(0, "0")]
    [InlineData(0.0009, "0.0009")]
    [InlineData(0.001, null)]
    [InlineData(1_000_000, null)]
    [InlineData(1_000_000.001, "1000000.001")]
    public void Credits_start_after_a_millisecond_to_a_million_seconds(double seconds, string? refused) =>
        AssertFault("creditsStart", refused, Times, _title with { CreditsStart = Seconds(seconds) });

    [Theory]
    [InlineData(100, null)]
    [InlineData(100.001, "100.001")]
    public void Credits_start_within_the_duration(double seconds, string? refused) =>
        AssertFault(
            "creditsStart", refused, "at most the duration, 100 (seconds, not milliseconds)",
            _title with { Duration = Seconds(100), CreditsStart = Seconds(seconds) });

    [Fact]
    public void A_series_that_is_none_is_refused() =>
        AssertFault("seriesId", "\"\"", $"{SeriesId.Allowed}, or absent", _title with { SeriesId = default(SeriesId) });

    [Theory]
    [InlineData(int.MinValue, "-2147483648")]
    [InlineData(-1, "-1")]
    [InlineData(0, null)]
    [InlineData(100_000, null)]
    [InlineData(100_001, "100001")]
    public void Seasons_and_episodes_are_numbered_0_to_100_000(int number, string? refused)
    {
        AssertFault("season", refused, Numbers, _title with { Season = number });
        AssertFault("episode", refused, Numbers, _title with { Episode = number });
    }

    [Fact]
    public void The_next_title_is_another_one()
    {
        AssertFault("nextContentId", $"{_id}", "another title than this one, or absent", _title with { NextContentId = _id });
        AssertFault(
            "nextContentId", $"{Guid.Empty}", $"{ContentId.Allowed}, or absent", _title with { NextContentId = default(ContentId) });
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("film", false)]
    [InlineData("-", false)]
    [InlineData("Film", true)]
    [InlineData("tv show", true)]
    [InlineData("a_b", true)]
    [InlineData("fílm", true)]
    [InlineData("abcdefghijabcdefghijabcdefghij12", false)]
    [InlineData("abcdefghijabcdefghijabcdefghij123", true)]
    public void A_kind_is_1_to_32_small_letters_digits_and_hyphens(string kind, bool refused) =>
        AssertFault("kind", refused ? $"\"{kind}\"" : null, Kinds, _title with { Kind = kind });

    [Fact]
    public void Whatever_the_times_there_is_an_answer()
    {
        foreach (var time in new[] { TimeSpan.MinValue, TimeSpan.MaxValue })
        {
            Assert.Equal("duration", (_title with { Duration = time }).FindFault()?.Field);
            Assert.Equal("creditsStart", (_title with { CreditsStart = time }).FindFault()?.Field);
        }
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));

    private static void AssertFault(string field, string? refused, string allowed, Title title) =>
        Assert.Equal(refused is null ? null : new Fault(field, refused, allowed), title.FindFault());
}
