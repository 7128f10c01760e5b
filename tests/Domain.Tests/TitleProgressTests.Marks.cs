using ContinueWatching.Contracts;
using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>Places and marks together: completed, marked watched, hidden, forgotten, erased; and the places elsewhere.</summary>
public partial class TitleProgressTests
{
    private static readonly DeviceId _tv = DeviceId.Parse("tv");

    [Theory]
    [InlineData(569_999, null, null, 0)]
    [InlineData(570_000, null, null, 1)]
    [InlineData(500_000, 500_000, null, 1)]
    [InlineData(590_000, 595_000, null, 0)] // The credits decide, not the tail.
    [InlineData(570_000, null, 700_000, 0)] // The catalogue's length stands above the player's.
    public void A_report_near_the_end_completes_the_title(int position, int? credits, int? duration, int count)
    {
        var catalogued = new Title(Film) { CreditsStart = Span(credits), Duration = Span(duration) };

        var marks = Progress().MarksAfter(Register("tv", 5_000, position, 600_000), CompletionRule.Default, catalogued, At(6_000));

        Assert.Equal(count, marks.PlayCount);
        Assert.Equal(count > 0 ? At(5_000) : null, marks.CompletedAt);
    }

    [Fact]
    public void A_report_that_completes_nothing_leaves_the_marks_untouched() =>
        Assert.Same(TitleMarks.None, Progress().MarksAfter(Register("tv", 0, 60_000, 600_000), CompletionRule.Default, null, At(0)));

    [Fact]
    public void A_title_whose_length_only_the_catalogues_credits_tell_has_viewings_of_that_length()
    {
        var catalogued = new Title(Film) { CreditsStart = Ms(500_000) };
        var first = Progress().With(Progress().MarksAfter(Register("tv", 0, 500_000), CompletionRule.Default, catalogued, At(0)));

        Assert.Same(first.Marks, first.MarksAfter(Register("tv", 249_999, 500_000), CompletionRule.Default, catalogued, At(900_000)));
        Assert.Equal(
            2, first.MarksAfter(Register("tv", 250_000, 500_000), CompletionRule.Default, catalogued, At(900_000)).PlayCount);
    }

    [Fact]
    public void A_title_that_a_report_has_finished_has_a_completion() =>
        AnyRegisterAt([1_000, 100_000, 379_999, 380_000, 760_000]).Array[1, 30].Sample(
            reports =>
            {
                var progress = TitleProgress.Unwatched(Film);
                foreach (var report in reports)
                {
                    if (progress.Judge(report) is not { Outcome: ReportOutcome.Applied, Stored: { } stored })
                    {
                        continue;
                    }

                    progress = progress.With(progress.MarksAfter(stored, CompletionRule.Default, null, At(9_000_000))).Merge(stored);

                    Assert.True(!progress.IsFinished(CompletionRule.Default) || progress.Marks.CompletedAt is not null);
                }
            },
            iter: 10_000);

    [Fact]
    public void A_title_marked_watched_is_completed_until_it_is_watched_on_and_keeps_its_place()
    {
        var marked = Progress(Register("tv", 1_000, 60_000, 600_000)).With(TitleMarks.None.MarkWatched(At(5_000), null, At(5_000)));

        var status = marked.ToStatus(CompletionRule.Default)!;
        Assert.Equal((Ms(60_000), true, At(5_000), 1), (status.Position, status.Completed, status.CompletedAt, status.PlayCount));
        Assert.True(marked.Merge(Register("phone", 4_999, 80_000)).IsWatched(CompletionRule.Default));

        var watchedOn = marked.Merge(Register("phone", 5_001, 80_000)).ToStatus(CompletionRule.Default)!;
        Assert.Equal((Ms(80_000), false, At(5_000), 1), (watchedOn.Position, watchedOn.Completed, watchedOn.CompletedAt, watchedOn.PlayCount));
    }

    [Fact]
    public void A_title_marked_watched_that_was_never_begun_is_answered_completed_from_the_start()
    {
        var marked = Progress().With(TitleMarks.None.MarkWatched(At(5_000), null, At(5_000)));

        var catalogued = new Title(Film) { Duration = Ms(700_000) };
        Assert.Equal(
            new WatchStatus(Film, TimeSpan.Zero, Ms(700_000), At(5_000), default, Completed: true)
            {
                CompletedAt = At(5_000),
                PlayCount = 1,
            },
            marked.ToStatus(CompletionRule.Default, catalogued));
        Assert.True(marked.IsWatched(CompletionRule.Default));
        Assert.Null(marked.With(marked.Marks.Unwatch(At(6_000), At(6_000))).ToStatus(CompletionRule.Default));
    }

    [Theory]
    [InlineData(4_999, true)] // A late report of before.
    [InlineData(5_000, true)]
    [InlineData(5_001, false)]
    public void A_hidden_title_stays_hidden_until_it_is_watched_on(int at, bool hidden)
    {
        var title = Progress(Register("tv", 1_000, 60_000)).With(TitleMarks.None.Hide(At(5_000), At(5_000)));

        var watchedOn = title.Merge(Register("phone", at, 70_000));

        Assert.Equal(hidden, watchedOn.IsHiddenSince(watchedOn.ResumePoint.WatchedAt));
    }

    [Fact]
    public void The_tick_of_a_paused_television_brings_no_hidden_title_back()
    {
        var title = Progress(Register("tv", 1_000, 60_000)).With(TitleMarks.None.Hide(At(5_000), At(5_000)));

        Assert.Equal(ReportOutcome.Unchanged, title.Judge(Register("tv", 9_000, 60_000)).Outcome);
        var seen = title.Saw(_tv, At(9_000));
        Assert.True(seen.IsHiddenSince(seen.ResumePoint.WatchedAt));
    }

    [Fact]
    public void A_forgotten_title_has_nothing_left_but_the_moment()
    {
        var forgotten = Forgotten(At(5_000), Register("tv", 1_000, 60_000), Register("phone", 2_000, 70_000));

        Assert.True(forgotten.IsEmpty);
        Assert.Null(forgotten.ToStatus(CompletionRule.Default));
        Assert.Equal(At(5_000), forgotten.Marks.ForgottenAt);
    }

    [Theory]
    [InlineData("tablet", 4_999, 80_000, ReportOutcome.Stale)]
    [InlineData("tv", 5_000, 80_000, ReportOutcome.Stale)]
    [InlineData("tablet", 5_001, 80_000, ReportOutcome.Applied)]
    [InlineData("tv", 5_001, 80_000, ReportOutcome.Applied)]
    [InlineData("tv", 9_000, 60_000, ReportOutcome.Unchanged)] // Still paused where it was.
    [InlineData("tv", 9_000, 60_250, ReportOutcome.Unchanged)]
    [InlineData("tv", 9_000, 60_251, ReportOutcome.Applied)]
    [InlineData("phone", 9_000, 60_000, ReportOutcome.Applied)] // The television stood there, not the phone.
    [InlineData("tv", 4_000, 999, ReportOutcome.Ignored)]
    public void Only_watching_anew_brings_a_forgotten_title_back(string device, int at, int position, ReportOutcome outcome)
    {
        var forgotten = Forgotten(At(5_000), Register("tv", 1_000, 60_000), Register("phone", 2_000, 70_000));

        var verdict = forgotten.Judge(Register(device, at, position));

        Assert.Equal(outcome, verdict.Outcome);
        Assert.Equal(outcome == ReportOutcome.Applied, verdict.Stored is not null);
    }

    [Fact]
    public void A_television_that_stays_paused_stays_no_news_however_often_the_title_is_forgotten()
    {
        var again = Forgotten(At(5_000), Register("tv", 1_000, 60_000)).Merge(Register("phone", 6_000, 70_000));
        again = again.Forget(again.Marks.Forget(At(8_000), At(8_000)));

        Assert.Equal(ReportOutcome.Unchanged, again.Judge(Register("tv", 9_000, 60_000)).Outcome);
        Assert.Equal(ReportOutcome.Unchanged, again.Judge(Register("phone", 9_000, 70_000)).Outcome);
    }

    [Fact]
    public void What_a_device_sends_late_of_before_the_second_forgetting_brings_nothing_back()
    {
        var once = Forgotten(At(5_000), Register("tv", 1_000, 60_000));

        var twice = once.Forget(once.MarksWhenForgotten(At(8_000), At(8_000)));

        Assert.Equal(ReportOutcome.Stale, twice.Judge(Register("phone", 7_000, 70_000)).Outcome);
        Assert.Equal(ReportOutcome.Applied, twice.Judge(Register("phone", 8_001, 70_000)).Outcome);
        Assert.Same(TitleMarks.None, TitleProgress.Unwatched(TitleNumbered(1)).MarksWhenForgotten(At(8_000), At(8_000)));
    }

    [Fact]
    public void What_is_forgotten_is_forgotten_whichever_way_it_is_merged_with_what_was_held()
    {
        var held = Progress(Register("tv", 1_000, 60_000), Register("phone", 6_000, 70_000));
        var forgotten = Progress(Register("tv", 1_000, 60_000)) is var before ? before.Forget(before.Marks.Forget(At(5_000), At(5_000))) : null!;

        foreach (var merged in new[] { held.Merge(forgotten), forgotten.Merge(held), held.With(forgotten.Marks) })
        {
            Assert.Equal([Register("phone", 6_000, 70_000)], merged.Registers);
            Assert.Equal(forgotten.Marks, merged.Marks);
        }

        Assert.Equal(ReportOutcome.Unchanged, held.Merge(forgotten).Judge(Register("tv", 9_000, 60_000)).Outcome);
    }

    [Fact]
    public void Nothing_of_a_title_is_left_that_is_not_later_than_the_erasure()
    {
        var title = Progress(Register("tv", 1_000, 60_000), Register("phone", 2_000, 70_000), Register("web", 3_000, 80_000))
            .With(TitleMarks.None.MarkWatched(At(2_000), null, At(2_000)));

        var since = title.Since(At(2_000));

        Assert.Equal([Register("web", 3_000, 80_000)], since.Registers);
        Assert.Equal(TitleMarks.None, since.Marks);
        Assert.Equal(title.Marks, title.Since(At(1_999)).Marks);
        Assert.True(title.Since(At(3_000)).IsEmpty);
    }

    [Fact]
    public void A_title_opened_at_its_very_start_is_known_to_be_so()
    {
        Assert.False(Progress().WasOpened);
        Assert.True(Progress().Opened().WasOpened);
        Assert.True(Progress().Merge(Progress().Opened()).WasOpened);
        Assert.True(Progress().Opened().Merge(Progress()).WasOpened);
        Assert.Null(Progress().Opened().ToStatus(CompletionRule.Default));
    }

    [Fact]
    public void Places_elsewhere_are_those_of_other_devices_that_differ_the_newest_first()
    {
        var title = Progress(
            Register("tv", 1_000, 60_000),
            Register("phone", 4_000, 90_000),
            Register("tablet", 2_000, 60_250),
            Register("web", 3_000, 60_251));

        Place[] elsewhere =
        [
            new(DeviceId.Parse("phone"), Ms(90_000), At(4_000)),
            new(DeviceId.Parse("web"), Ms(60_251), At(3_000)),
        ];
        Assert.Equal(elsewhere, title.Elsewhere(_tv, Ms(60_000)));
        Assert.Equal(3, title.Elsewhere(DeviceId.Parse("new"), Ms(0)).Count(place => place.Position < Ms(80_000)));
        Assert.Equal(
            ["web", "tablet", "tv"],
            title.ToStatus(CompletionRule.Default)!.Elsewhere.Select(place => place.DeviceId.Value));
    }

    [Fact]
    public void With_one_device_alone_there_is_no_elsewhere()
    {
        Assert.Empty(Progress().Elsewhere(_tv, Ms(0)));
        Assert.Empty(Progress(Register("tv", 0, 60_000)).Elsewhere(_tv, Ms(1_000)));
        Assert.Empty(Progress(Register("tv", 0, 60_000)).ToStatus(CompletionRule.Default)!.Elsewhere);
        Assert.Single(Progress(Register("tv", 0, 60_000)).Elsewhere(DeviceId.Parse("phone"), Ms(1_000)));
    }

    [Fact]
    public void Merging_with_marks_is_commutative_associative_and_idempotent()
    {
        // Versions of one history of marks, as activations and Postgres hold them; each may have missed some reports.
        var versions = new List<TitleMarks> { TitleMarks.None };
        versions.Add(versions[^1].MarkWatched(At(1_000), null, At(1_000)));
        versions.Add(versions[^1].Hide(At(2_000), At(2_000)));
        versions.Add(versions[^1].Forget(At(3_000), At(3_000)));
        versions.Add(versions[^1].Hide(At(4_000), At(4_000)));
        var any = Gen.Select(AnyRegister.Array[0, 8], Gen.Int[0, versions.Count - 1])
            .Select((registers, version) => Progress(registers).With(versions[version]));
        Gen.Select(any, any, any).Sample(
            (a, b, c) =>
            {
                AssertSame(a.Merge(b), b.Merge(a));
                AssertSame(a.Merge(b).Merge(c), a.Merge(b.Merge(c)));
                AssertSame(a, a.Merge(a));
                AssertSame(a.Merge(b), a.Merge(b).Merge(b));
            },
            iter: 10_000);

        static void AssertSame(TitleProgress left, TitleProgress right)
        {
            Assert.Equal(left.Marks, right.Marks);
            Assert.Equal(left.Places(), right.Places());
        }
    }

    private static TitleProgress Forgotten(DateTimeOffset at, params Register[] registers)
    {
        var title = Progress(registers);
        return title.Forget(title.Marks.Forget(at, at));
    }

    private static TimeSpan? Span(int? milliseconds) => milliseconds is { } known ? Ms(known) : null;
}
