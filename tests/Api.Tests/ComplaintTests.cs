using System.Text.Json.Nodes;

namespace ContinueWatching.Api.Tests;

/// <summary>
/// What users of other services complain about, most widespread first: each is brought about here, over HTTP, and must come out right.
/// </summary>
public sealed class ComplaintTests(RunningService running) : ApiTest(running)
{
    private const double TwoHours = 7200;
    private readonly Viewer _viewer = new(running.Service, running.Tokens);

    [Fact]
    public async Task Complaint_01_a_paused_television_does_not_overwrite_the_newer_place_on_the_phone()
    {
        await _viewer.ReportAsync(Title, 1000, "tv", TwoHours);
        await _viewer.ReportAsync(Title, 1720, "phone", TwoHours);

        // The television stands paused, and goes on reporting.
        var paused = await _viewer.ReportAsync(Title, 1000.1, "tv", TwoHours);
        await _viewer.ReportAsync(Title, 1000, "tv", TwoHours);

        Assert.Equal("unchanged", paused.Outcome);
        Assert.Equal((1720, "phone"), await PlaceAndDeviceAsync());
        Assert.Equal([("phone", 1720)], paused.Elsewhere);
    }

    [Fact]
    public async Task Complaint_02_progress_made_offline_is_kept_and_an_old_offline_value_does_not_win()
    {
        var other = Guid.NewGuid();
        await _viewer.ReportAsync(Title, 3000, "tv", TwoHours, ago: TimeSpan.FromHours(1));

        // A tablet was offline on a train, its clock two hours fast; it syncs twice, for the first answer was lost.
        (Guid, double, TimeSpan)[] journal = [(Title, 600, TimeSpan.FromHours(3)), (other, 100, TimeSpan.FromMinutes(50)), (other, 900, TimeSpan.FromMinutes(40))];
        var first = await _viewer.SyncAsync("tablet", TimeSpan.FromHours(2), journal);
        var again = await _viewer.SyncAsync("tablet", TimeSpan.FromHours(2), journal);

        Assert.Equal(["superseded", "applied", "applied"], first);
        Assert.All(again, outcome => Assert.Contains(outcome, (string[])["stale", "unchanged"]));
        Assert.Equal((3000, "tv"), await PlaceAndDeviceAsync());
        Assert.Equal([(other, 900), (Title, 3000)], (await _viewer.RowAsync()).Select(entry => (entry.Title, entry.ResumeFrom)));
    }

    [Fact]
    public async Task Complaint_03_a_title_can_be_taken_out_of_the_row_and_its_place_stays()
    {
        await _viewer.ReportAsync(Title, 1000, "tv", TwoHours);

        await _viewer.HideAsync(Title);

        Assert.Empty(await _viewer.RowAsync());
        Assert.Equal((1000, "tv"), await PlaceAndDeviceAsync());
        await _viewer.RestoreAsync(Title);
        Assert.Equal([Title], await _viewer.RowTitlesAsync());
        await _viewer.HideAsync(Title);
        await _viewer.ReportAsync(Title, 1010, "tv", TwoHours);
        Assert.Equal([Title], await _viewer.RowTitlesAsync());
    }

    [Theory]
    [InlineData(7000, null)]
    [InlineData(6300, 6290.0)]
    public async Task Complaint_04_a_finished_title_leaves_the_row(double left, double? creditsStart)
    {
        if (creditsStart is not null)
            await _viewer.CatalogueAsync(Catalogued(Title, TwoHours, creditsStart: creditsStart));
        await _viewer.ReportAsync(Title, 5000, "tv", TwoHours);
        Assert.Equal([Title], await _viewer.RowTitlesAsync());

        var answer = await _viewer.ReportAsync(Title, left, "tv", TwoHours);

        Assert.True(answer.Completed);
        Assert.Empty(await _viewer.RowAsync());
    }

    [Fact]
    public async Task Complaint_05_the_next_episode_stands_in_the_row_and_is_the_right_one()
    {
        var episodes = await SeriesAsync(4);
        await FinishAsync(episodes[1]);
        await FinishAsync(episodes[0]);

        // The second was seen before: the third is next.
        var entry = Assert.Single(await _viewer.RowAsync());
        Assert.Equal((episodes[2], 0, "nextEpisode"), (entry.Title, entry.ResumeFrom, entry.Reason));

        // The last has no next one yet. When it comes out, it is there.
        await FinishAsync(episodes[3]);
        Assert.Empty(await _viewer.RowAsync());
        var fifth = Guid.NewGuid();
        await _viewer.CatalogueAsync(Catalogued(episodes[3], 1500, "series", next: fifth), Catalogued(fifth, 1500, "series"));
        Assert.Equal([fifth], await _viewer.RowTitlesAsync());
    }

    [Fact]
    public async Task Complaint_06_a_series_stands_in_the_row_once()
    {
        var episodes = await SeriesAsync(10);
        foreach (var episode in episodes)
            await _viewer.ReportAsync(episode, 300, "tv", 1500);
        await _viewer.ReportAsync(Title, 300, "tv", TwoHours);
        await _viewer.ReportAsync(episodes[4], 400, "phone", 1500);

        Assert.Equal([episodes[4], Title], await _viewer.RowTitlesAsync());
    }

    [Fact]
    public async Task Complaint_07_other_screens_hear_of_it_at_once()
    {
        await _viewer.ReportAsync(Title, 1000, "tv", TwoHours);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/users/{_viewer.User}/events");
        request.Headers.Authorization = new("Bearer", _viewer.Token);
        using var response = await Service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));
        Assert.Contains($"{Title}", await UntilAsync("row"), StringComparison.Ordinal);

        // The phone goes on, and then the viewer is through: the television's start page is told both.
        await _viewer.ReportAsync(Title, 1720, "phone", TwoHours);
        Assert.Contains("1720", await UntilAsync("position"), StringComparison.Ordinal);
        await _viewer.MarkWatchedAsync(Title);
        Assert.DoesNotContain($"{Title}", await UntilAsync("row"), StringComparison.Ordinal);

        async Task<string> UntilAsync(string name)
        {
            var isIt = false;
            while (await lines.ReadLineAsync(patience.Token) is { } line)
            {
                if (isIt && line.StartsWith("data: ", StringComparison.Ordinal))
                    return line;
                isIt = line == $"event: {name}" || (isIt && line.Length > 0);
            }

            throw new InvalidOperationException("The stream ended.");
        }
    }

    [Fact]
    public async Task Complaint_08_watching_again_keeps_the_watched_mark_and_shows_in_the_row()
    {
        await _viewer.ReportAsync(Title, 7100, "tv", TwoHours, ago: TimeSpan.FromDays(30));
        var watched = (await _viewer.PlaceAsync(Title))!;
        Assert.Equal((true, 1), (watched.Completed, watched.PlayCount));

        var again = await _viewer.ReportAsync(Title, 600, "tv", TwoHours, ago: TimeSpan.FromDays(1));

        Assert.Equal((false, 1), (again.Completed, again.PlayCount));
        Assert.True(again.Json.TryGetProperty("completedAt", out _));
        Assert.Equal([Title], await _viewer.RowTitlesAsync());
        var finished = await _viewer.ReportAsync(Title, 7100, "tv", TwoHours);
        Assert.Equal((true, 2), (finished.Completed, finished.PlayCount));
    }

    [Theory]
    [InlineData(36_000, 33_000, false)]
    [InlineData(36_000, 35_700, true)]
    [InlineData(30, 28, false)]
    [InlineData(30, 28.5, true)]
    public async Task Complaint_09_the_threshold_fits_ten_hours_and_half_a_minute(double duration, double left, bool completed) =>
        Assert.Equal(completed, (await _viewer.ReportAsync(Title, left, "tv", duration)).Completed);

    [Theory]
    [InlineData(0)]
    [InlineData(0.4)]
    public async Task Complaint_10_a_first_tick_at_the_start_does_not_overwrite_the_place(double tick)
    {
        await _viewer.ReportAsync(Title, 4000, "tv", TwoHours);

        // The player loads, says where it stands, and the viewer goes back; on this device and on another.
        var same = await _viewer.ReportAsync(Title, tick, "tv", TwoHours);
        var other = await _viewer.ReportAsync(Title, tick, "phone", TwoHours);

        Assert.Equal(("ignored", "ignored"), (same.Outcome, other.Outcome));
        Assert.Equal((4000, "tv"), (same.ResumeFrom, same.Device));
        Assert.Equal((4000, "tv"), await PlaceAndDeviceAsync());
    }

    [Fact]
    public async Task Complaint_11_heartbeats_of_many_viewers_at_once_are_all_stored()
    {
        var viewers = Enumerable.Range(0, 100).Select(_ => new Viewer(Service, Tokens)).ToArray();

        for (var beat = 1; beat <= 5; beat++)
            await Task.WhenAll(viewers.Select(viewer => viewer.ReportAsync(Title, beat * 10, "tv", TwoHours)));

        var places = await Task.WhenAll(viewers.Select(viewer => viewer.PlaceAsync(Title)));
        Assert.All(places, place => Assert.Equal(50, place!.ResumeFrom));
    }

    [Fact]
    public async Task Complaint_12_the_history_can_be_paused_exported_and_cleared()
    {
        var secret = Guid.NewGuid();
        await _viewer.ReportAsync(Title, 1000, "tv", TwoHours);

        await _viewer.PauseHistoryAsync(true);
        var whilePaused = Now;
        Assert.Equal("paused", (await _viewer.ReportAsync(secret, 500, "tv", TwoHours)).Outcome);
        while (Now < whilePaused.AddMilliseconds(2))
            await Task.Yield();
        await _viewer.PauseHistoryAsync(false);
        // What a device kept of that time is not stored when it syncs later, either.
        Assert.Equal(["paused"], await _viewer.SyncAsync("phone", [(secret, 700, whilePaused)], Now));
        Assert.Null(await _viewer.PlaceAsync(secret));

        var export = (await _viewer.GetAsync("export")).EnumerateArray().ToArray();
        Assert.Equal(["user", "title"], export.Select(entry => entry.GetProperty("type").GetString()));
        Assert.Equal(Title, export[1].GetProperty("contentId").GetGuid());
        Assert.InRange(whilePaused, export[0].GetProperty("pausedFrom").GetDateTimeOffset(), export[0].GetProperty("pausedUntil").GetDateTimeOffset());

        await _viewer.ForgetAsync(Title);
        Assert.Empty(await _viewer.HistoryAsync());
        Assert.Equal(["stale"], await _viewer.SyncAsync("phone", TimeSpan.Zero, (Title, 1100, TimeSpan.FromMinutes(1))));
        var receipt = await _viewer.SendAsync(HttpMethod.Delete, $"/users/{_viewer.User}?confirm={_viewer.User}");
        Assert.Equal(1, receipt.GetProperty("rows").GetProperty("users").GetInt32());
        Assert.Single((await _viewer.GetAsync("export")).EnumerateArray());
    }

    private async Task<(double ResumeFrom, string? Device)> PlaceAndDeviceAsync() =>
        await _viewer.PlaceAsync(Title) is { } place ? (place.ResumeFrom, place.Device) : default;

    private async Task<Guid[]> SeriesAsync(int length)
    {
        var episodes = Enumerable.Range(0, length).Select(_ => Guid.NewGuid()).ToArray();
        await _viewer.CatalogueAsync([.. episodes.Select((episode, index) =>
            Catalogued(episode, 1500, "series", next: index + 1 < length ? episodes[index + 1] : null))]);
        return episodes;
    }

    private Task<Told> FinishAsync(Guid episode) => _viewer.ReportAsync(episode, 1490, "tv", 1500);

    private static JsonObject Catalogued(Guid title, double duration, string? series = null, Guid? next = null, double? creditsStart = null) => new()
    {
        ["contentId"] = title.ToString(),
        ["duration"] = duration,
        ["creditsStart"] = creditsStart,
        ["seriesId"] = series,
        ["nextContentId"] = next?.ToString(),
    };
}
