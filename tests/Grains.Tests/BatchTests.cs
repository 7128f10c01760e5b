using System.Collections.Immutable;
using ContinueWatching.Contracts;
using CsCheck;

namespace ContinueWatching.Grains.Tests;

/// <summary>Many reports at once, as a device brings them that was offline.</summary>
[Collection(OnSharedCluster.Name)]
public sealed class BatchTests(SharedCluster shared)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Viewer _viewer = shared.NewViewer();
    private readonly ContentId _film = Viewer.NewTitle();
    private readonly ContentId _series = Viewer.NewTitle();

    [Fact]
    public async Task Every_report_of_a_batch_is_answered_in_its_place_and_faults_sink_nobody_else()
    {
        var results = await BatchAsync(
            Viewer.Report(_film, 100, at: 10),
            Viewer.Report(_film, -1, at: 11),
            Viewer.Report(default, 100, at: 11),
            Viewer.Report(_film, 50, at: 5, "phone"),
            Viewer.Report(_film, 90, at: 9),
            Viewer.Report(_film, 100.1, at: 12),
            Viewer.Report(_series, 0.5, at: 13),
            Viewer.Report(_series, 990, at: 14, duration: 1000));

        Assert.Equal(
            [
                ReportOutcome.Applied, ReportOutcome.Invalid, ReportOutcome.Invalid, ReportOutcome.Superseded, ReportOutcome.Stale,
                ReportOutcome.Unchanged, ReportOutcome.Ignored, ReportOutcome.Applied,
            ],
            results.Select(result => result.Outcome));
        Assert.Equal(["resumeFrom", "contentId"], results.Where(result => result.Fault is not null).Select(result => result.Fault!.Field));
        Assert.Equal((100.0, true), (results[3].Status!.Position.TotalSeconds, results[7].Status!.Completed));
        Assert.Equal(["tv"], results[3].Elsewhere.Select(place => place.DeviceId.Value));
        Assert.Equal([new Stored("phone", 50, 5), new Stored("tv", 100, 10)], await _viewer.StoredAsync(_film));
        Assert.Equal(1, (await _viewer.StatusAsync(_series))!.PlayCount);
    }

    [Fact]
    public async Task A_batch_of_faults_alone_is_answered_and_stores_nothing()
    {
        Assert.Equal(ReportOutcome.Invalid, Assert.Single(await BatchAsync(Viewer.Report(_film, -1, at: 0))).Outcome);
        Assert.Equal(0, await _viewer.RowsAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(501)]
    public async Task A_batch_has_1_to_500_reports(int count) =>
        await Assert.ThrowsAsync<ArgumentException>(
            () => BatchAsync([.. Enumerable.Range(0, count).Select(second => Viewer.Report(_film, 100, at: second))]));

    [Fact]
    public async Task A_batch_of_500_titles_is_stored_whole_and_told_again_changes_nothing()
    {
        var reports = Enumerable.Range(0, 500).Select(second => Viewer.Report(Viewer.NewTitle(), 990, at: second, duration: 1000)).ToArray();

        Assert.All(await BatchAsync(reports), result => Assert.Equal(ReportOutcome.Applied, result.Outcome));
        var held = await _viewer.HeldAsync();
        Assert.Equal(500, held.Length);
        Assert.Equal(1_001, await _viewer.RowsAsync());

        Assert.All(await BatchAsync(reports), result => Assert.Equal(ReportOutcome.Stale, result.Outcome));
        await _viewer.SleepAsync();
        Assert.All(await BatchAsync(reports), result => Assert.Equal(ReportOutcome.Stale, result.Outcome));
        Assert.Equal(held, await _viewer.HeldAsync());
    }

    [Fact]
    public async Task A_batch_is_what_the_same_reports_are_one_by_one()
    {
        double[] places = [-1, 0.5, 1, 1.2, 100, 949, 950, 999];
        var device = Gen.Frequency((3, Gen.Int[0, 1]), (1, Gen.Int[0, 9]));
        var report = Gen.Select(
            Gen.Int[0, 2], device, Gen.Int[0, 2_000], Gen.Int[0, places.Length - 1], Gen.Bool);

        await report.Array[1, 60].SampleAsync(
            async steps =>
            {
                var films = new[] { _film, _series, Viewer.NewTitle() };
                var reports = steps.Select(step => Viewer.Report(
                    films[step.Item1], places[step.Item4], step.Item3, $"device-{step.Item2}", step.Item5 ? 1000 : null)).ToArray();
                var (single, batched) = (shared.NewViewer(), shared.NewViewer());

                var expected = new List<string>();
                foreach (var one in reports)
                    expected.Add(one.FindFault() is null ? Tell(await single.Grain.ReportAsync(one)) : "Invalid");
                var half = reports.Length / 2;
                ReportResult[] results =
                [
                    .. half == 0 ? [] : await batched.Grain.ReportBatchAsync([.. reports[..half]]),
                    .. await batched.Grain.ReportBatchAsync([.. reports[half..]]),
                ];

                Assert.Equal(expected, results.Select(Tell));
                Assert.Equal(await single.HeldAsync(), await batched.HeldAsync());
                await batched.SleepAsync();
                Assert.Equal(await single.RowAsync(), await batched.RowAsync());
            },
            iter: 40,
            threads: 1);
    }

    [Fact]
    public async Task A_batch_of_which_a_report_lost_to_another_activation_answers_the_truth_of_each()
    {
        var third = Viewer.NewTitle();
        await _viewer.WatchAsync(_film, 100, at: 0);
        await _viewer.WatchAsync(_series, 100, at: 0);
        await _viewer.WriteElsewhereAsync(_film, 900, at: 50);

        var results = await BatchAsync(
            Viewer.Report(_series, 200, at: 10),
            Viewer.Report(_film, 200, at: 10),
            Viewer.Report(_film, 300, at: 60, "phone"),
            Viewer.Report(third, 990, at: 20, duration: 1000));

        Assert.Equal(
            [ReportOutcome.Applied, ReportOutcome.Stale, ReportOutcome.Applied, ReportOutcome.Applied], results.Select(result => result.Outcome));
        Assert.Equal([new Stored("tv", 900, 50), new Stored("phone", 300, 60)], await _viewer.StoredAsync(_film));
        Assert.Equal([new Stored("tv", 200, 10)], await _viewer.StoredAsync(_series));
        Assert.Equal(1, (await _viewer.StatusAsync(third))!.PlayCount);
    }

    [Fact]
    public async Task A_batch_that_fails_in_part_is_no_answer_and_the_user_is_read_anew()
    {
        await _viewer.WatchAsync(_film, 100, at: 0);
        var activation = _viewer.Activation;
        await ExecuteAsync($"alter table resume add constraint refused check (content_id <> '{_series}')");
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(() => BatchAsync(Viewer.Report(_film, 200, at: 10), Viewer.Report(_series, 300, at: 20)));
        }
        finally
        {
            await ExecuteAsync("alter table resume drop constraint refused");
        }

        await activation.Deactivated.WaitAsync(_patience);
        Assert.Equal(200, await _viewer.PlaceAsync(_film));
        Assert.Null(await _viewer.PlaceAsync(_series));
        Assert.Equal(
            [ReportOutcome.Stale, ReportOutcome.Applied],
            (await BatchAsync(Viewer.Report(_film, 200, at: 10), Viewer.Report(_series, 300, at: 20))).Select(result => result.Outcome));
    }

    private Task<ImmutableArray<ReportResult>> BatchAsync(params Report[] reports) => _viewer.Grain.ReportBatchAsync([.. reports]);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = shared.Cluster.Postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static string Tell(ReportResult result) => result.Outcome == ReportOutcome.Invalid
        ? "Invalid"
        : $"{result.Outcome} {result.Status?.Position} {result.Status?.WatchedAt:O} {result.Status?.DeviceId} {result.Status?.Completed} "
            + $"{result.Status?.PlayCount} {result.Status?.CompletedAt:O} {string.Join("; ", result.Elsewhere)}";
}
