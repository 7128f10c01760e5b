using CsCheck;
using static ContinueWatching.Domain.Tests.Some;

namespace ContinueWatching.Domain.Tests;

/// <summary>Completion, hiding and forgetting. Numbers are milliseconds after noon; the title lasts 600 000.</summary>
public class TitleMarksTests
{
    private static readonly TimeSpan _length = Ms(600_000);

    [Fact]
    public void The_first_time_a_title_is_seen_to_its_end_counts_once()
    {
        var seen = TitleMarks.None.CompletedBy(At(5_000), _length, At(6_000));

        Assert.Equal(new TitleMarks { CompletedAt = At(5_000), PlayCount = 1, ChangedAt = At(6_000) }, seen);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10_000, 1)]
    [InlineData(299_999, 1)]
    [InlineData(300_000, 2)]
    [InlineData(900_000, 2)]
    public void Within_half_the_titles_length_it_is_the_same_viewing_and_later_another(int later, int count)
    {
        var seen = TitleMarks.None.CompletedBy(At(1_000), _length, At(1_000));

        var again = seen.CompletedBy(At(1_000 + later), _length, At(2_000_000));

        Assert.Equal(count, again.PlayCount);
        Assert.Equal(count == 1 ? At(1_000) : At(1_000 + later), again.CompletedAt);
        Assert.Equal(count == 1, ReferenceEquals(seen, again));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(-900_000)]
    public void A_viewing_of_before_that_is_told_late_adds_nothing(int at)
    {
        var seen = TitleMarks.None.CompletedBy(At(1_000), _length, At(1_000));

        Assert.Same(seen, seen.CompletedBy(At(at), _length, At(2_000_000)));
    }

    [Fact]
    public void Of_a_title_of_unknown_length_only_a_repeat_is_the_same_viewing()
    {
        var seen = TitleMarks.None.CompletedBy(At(1_000), null, At(1_000));

        Assert.Same(seen, seen.CompletedBy(At(1_000), null, At(2_000)));
        Assert.Equal(2, seen.CompletedBy(At(1_001), null, At(2_000)).PlayCount);
    }

    [Fact]
    public void However_often_and_in_whatever_order_a_viewing_is_told_it_counts_once() =>
        Gen.Int[0, 299].Array[1, 20].Sample(seconds =>
        {
            var marks = seconds.Aggregate(
                TitleMarks.None, (marks, second) => marks.CompletedBy(At(second * 1_000), _length, At(900_000)));

            Assert.Equal(1, marks.PlayCount);
        });

    [Fact]
    public void A_viewing_told_again_never_counts_again() =>
        Gen.Int[0, 3_000].Array[1, 20].Sample(seconds =>
        {
            var marks = Tell(TitleMarks.None);

            Assert.Same(marks, Tell(marks));

            TitleMarks Tell(TitleMarks start) => seconds.Order().Aggregate(
                start, (marks, second) => marks.CompletedBy(At(second * 1_000), _length, At(9_000_000)));
        });

    [Fact]
    public void A_title_marked_watched_by_hand_counts_once_more_unless_it_was_just_seen()
    {
        var marked = TitleMarks.None.MarkWatched(At(5_000), _length, At(5_000));
        var seen = TitleMarks.None.CompletedBy(At(1_000), _length, At(1_000));

        Assert.Equal((At(5_000), 1), (marked.CompletedAt, marked.PlayCount));
        Assert.Equal((At(5_000), 1), (seen.MarkWatched(At(5_000), _length, At(5_000)) is var same ? same.CompletedAt : null, same.PlayCount));
        Assert.Equal(2, seen.MarkWatched(At(301_000), _length, At(301_000)).PlayCount);
    }

    [Fact]
    public void Taking_back_that_it_was_watched_leaves_no_completion_and_keeps_the_rest()
    {
        var marks = TitleMarks.None.CompletedBy(At(1_000), _length, At(1_000)).Hide(At(2_000), At(2_000));

        var unwatched = marks.Unwatch(At(3_000), At(3_000));

        Assert.Equal(new TitleMarks { HiddenAt = At(2_000), ChangedAt = At(3_000) }, unwatched);
        Assert.Same(unwatched, unwatched.Unwatch(At(4_000), At(4_000)));
        Assert.Equal(1, unwatched.CompletedBy(At(5_000), _length, At(5_000)).PlayCount);
    }

    [Fact]
    public void Hiding_stands_until_it_is_taken_back_and_never_goes_back_in_time()
    {
        var hidden = TitleMarks.None.Hide(At(2_000), At(1_000));

        Assert.Equal(new TitleMarks { HiddenAt = At(2_000), ChangedAt = At(1_000) }, hidden);
        Assert.Same(hidden, hidden.Hide(At(2_000), At(3_000)));
        Assert.Same(hidden, hidden.Hide(At(1_000), At(3_000)));
        Assert.Null(hidden.Restore(At(3_000), At(3_000)).HiddenAt);
        Assert.Same(TitleMarks.None, TitleMarks.None.Restore(At(3_000), At(3_000)));
    }

    [Fact]
    public void Forgetting_takes_all_marks_and_leaves_the_moment()
    {
        var marks = TitleMarks.None.CompletedBy(At(1_000), _length, At(1_000)).Hide(At(2_000), At(2_000));

        Assert.Equal(new TitleMarks { ForgottenAt = At(3_000), ChangedAt = At(4_000) }, marks.Forget(At(3_000), At(4_000)));
    }

    [Fact]
    public void No_two_versions_are_of_one_moment_and_a_later_one_is_always_newer()
    {
        var step = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5]);
        step.Array[1, 30].Sample(steps =>
        {
            var versions = new List<TitleMarks> { TitleMarks.None };
            foreach (var (kind, at) in steps)
            {
                // The clock stands still, jumps back and forth.
                var (marks, now) = (versions[^1], At(at * 1_000));
                var next = kind switch
                {
                    0 => marks.CompletedBy(now, _length, now),
                    1 => marks.MarkWatched(now, _length, now),
                    2 => marks.Unwatch(now, now),
                    3 => marks.Hide(now, now),
                    4 => marks.Restore(now, now),
                    _ => marks.Forget(now, now),
                };
                if (!ReferenceEquals(next, marks))
                {
                    versions.Add(next);
                }
            }

            Assert.Equal(versions.Count, versions.Select(version => version.ChangedAt).Distinct().Count());
            Assert.Same(versions[^1], versions.Aggregate((left, right) => TitleMarks.Newer(right, left)));
            Assert.All(versions, version => Assert.Equal(version.CompletedAt is null, version.PlayCount == 0));
        });
    }

    [Fact]
    public void An_import_keeps_the_later_of_each_moment_and_the_greater_count()
    {
        var held = new TitleMarks { CompletedAt = At(1_000), PlayCount = 3, HiddenAt = At(5_000), ChangedAt = At(5_000) };
        var given = new TitleMarks { CompletedAt = At(2_000), PlayCount = 2, HiddenAt = At(4_000) };

        var merged = held.Import(given, At(9_000));

        Assert.Equal(
            new TitleMarks { CompletedAt = At(2_000), PlayCount = 3, HiddenAt = At(5_000), ChangedAt = At(9_000) }, merged);
        Assert.Same(merged, merged.Import(given, At(10_000)));
        Assert.Same(TitleMarks.None, TitleMarks.None.Import(TitleMarks.None, At(10_000)));
    }

    [Theory]
    [InlineData(999, 0)]
    [InlineData(1_000, 0)]
    [InlineData(1_001, 2)]
    public void An_import_brings_nothing_back_that_was_forgotten_since(int at, int count)
    {
        var forgotten = TitleMarks.None.Forget(At(1_000), At(1_000));
        var given = new TitleMarks { CompletedAt = At(at), PlayCount = 2, HiddenAt = At(at) };

        var merged = forgotten.Import(given, At(9_000));

        Assert.Equal(count, merged.PlayCount);
        Assert.Equal(count > 0 ? At(at) : null, merged.CompletedAt);
        Assert.Equal(count > 0 ? At(at) : null, merged.HiddenAt);
        Assert.Equal(At(1_000), merged.ForgottenAt);
    }

    [Fact]
    public void Importing_is_commutative_and_idempotent() =>
        Gen.Select(_anyMarks, _anyMarks).Sample((a, b) =>
        {
            Assert.Equal(a.Import(b, At(90_000)) with { ChangedAt = default }, b.Import(a, At(90_000)) with { ChangedAt = default });
            var both = a.Import(b, At(90_000));
            Assert.Same(both, both.Import(b, At(95_000)));
            Assert.Same(both, both.Import(a, At(95_000)));
        });

    // As marks can stand: no completion without a count, and nothing that was forgotten.
    private static readonly Gen<TitleMarks> _anyMarks = Gen.Select(
        Gen.Int[0, 4], Gen.Int[1, 3], Gen.Int[0, 4], Gen.Int[0, 4],
        (completed, count, hidden, forgotten) => new TitleMarks
        {
            CompletedAt = completed > forgotten ? At(completed) : null,
            PlayCount = completed > forgotten ? count : 0,
            HiddenAt = hidden > forgotten ? At(hidden) : null,
            ForgottenAt = forgotten > 0 ? At(forgotten) : null,
        });
}
