using ContinueWatching.Contracts;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>What a title answers: its duration, and whether it is finished.</summary>
public partial class TitleProgressTests
{
    [Theory]
    [InlineData(500_000, 400_000, 500_000)]
    [InlineData(500_000, null, 500_000)]
    [InlineData(null, 400_000, 400_000)]
    [InlineData(null, null, null)]
    public void The_duration_is_the_resume_points_else_the_newest_known(int? resumePoint, int? older, int? duration)
    {
        var watched = Progress(
            Register("web", 0, 100_000, 300_000),
            Register("tv", 1_000, 100_000, older),
            Register("phone", 2_000, 100_000, resumePoint));

        Assert.Equal(Ms(duration ?? 300_000), watched.Duration);
    }

    [Fact]
    public void A_device_that_stops_telling_the_duration_does_not_make_it_unknown()
    {
        var watched = Progress(Register("tv", 0, 100_000, 400_000), Register("tv", 1_000, 110_000));

        Assert.Equal(Register("tv", 1_000, 110_000, 400_000), watched.ResumePoint);
    }

    [Fact]
    public void A_late_report_tells_the_duration_that_the_newest_does_not_know()
    {
        var watched = Progress(Register("tv", 1_000, 110_000), Register("tv", 0, 100_000, 400_000));

        Assert.Equal(Register("tv", 1_000, 110_000, 400_000), watched.ResumePoint);
    }

    [Theory]
    [InlineData(569_999, 600_000, false)]
    [InlineData(570_000, 600_000, true)]
    [InlineData(570_000, null, false)]
    public void A_finished_title_keeps_its_place_and_answers_completed(int position, int? duration, bool completed)
    {
        var watched = Progress(Register("tv", 5, position, duration));

        var expected = new WatchStatus(
            Film, Ms(position), duration is { } known ? Ms(known) : null, At(5), DeviceId.Parse("tv"), completed);
        Assert.Equal(expected, watched.ToStatus(CompletionRule.Default));
        Assert.Equal(completed, watched.IsFinished(CompletionRule.Default));
    }

    [Fact]
    public void Only_the_resume_point_finishes_a_title_not_the_furthest_place()
    {
        var watchedOn = Progress(Register("tv", 0, 600_000, 600_000), Register("phone", 1, 100_000));

        Assert.False(watchedOn.IsFinished(CompletionRule.Default));
        Assert.Equal(Ms(600_000), watchedOn.Duration);
    }

    [Fact]
    public void A_duration_that_another_device_told_finishes_the_title() =>
        Assert.True(
            Progress(Register("tv", 0, 100_000, 600_000), Register("phone", 1, 599_000)).IsFinished(CompletionRule.Default));
}
