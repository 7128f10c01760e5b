using System.Text.Json;

namespace ContinueWatching.Api.Tests;

/// <summary>A player reports, and what it is answered.</summary>
public sealed class ReportTests(RunningService running) : ApiTest(running)
{
    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task A_report_is_answered_with_the_place_and_stored_before_that(string method)
    {
        var before = Now;

        var answer = await Service.SendAsync(
            HttpMethod.Parse(method), "/updateWatchStatus", Token, Json(Report.With("duration", "5400").With("deviceId", "\"tv\"")));

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(
            ["contentId", "outcome", "resumeFrom", "duration", "completed", "playCount", "watchedAt", "deviceId", "elsewhere", "nextReportInSeconds"],
            Names(answer.Json));
        Assert.Equal($"{Title}", answer.Json.GetProperty("contentId").GetString());
        Assert.Equal("applied", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal("100", answer.Json.GetProperty("resumeFrom").GetRawText());
        Assert.Equal("5400", answer.Json.GetProperty("duration").GetRawText());
        Assert.False(answer.Json.GetProperty("completed").GetBoolean());
        Assert.Equal("tv", answer.Json.GetProperty("deviceId").GetString());
        Assert.Equal("10", answer.Json.GetProperty("nextReportInSeconds").GetRawText());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$", answer.Json.GetProperty("watchedAt").GetString());
        Assert.InRange(answer.Json.GetProperty("watchedAt").GetDateTimeOffset(), before.AddMilliseconds(-1), Now);
        Assert.Equal(100_000, await StoredAsync("position_ms"));
    }

    [Fact]
    public async Task What_is_not_known_is_left_out()
    {
        var answer = await PutAsync(Report);

        Assert.Equal(["contentId", "outcome", "resumeFrom", "completed", "playCount", "watchedAt", "elsewhere", "nextReportInSeconds"], Names(answer.Json));
        Assert.Equal("", await StoredAsync("device_id"));
        Assert.Equal(DBNull.Value, await StoredAsync("duration_ms"));
    }

    [Fact]
    public async Task A_first_report_from_the_very_beginning_is_ignored_and_has_no_place()
    {
        var answer = await PutAsync(Report.With("resumeFrom", "0"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("ignored", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal(["contentId", "outcome", "resumeFrom", "completed", "playCount", "elsewhere", "nextReportInSeconds"], Names(answer.Json));
        Assert.Null(await StoredAsync("position_ms"));
        Assert.Null(await PlaceAsync());
    }

    [Fact]
    public async Task A_paused_player_is_told_that_nothing_changed()
    {
        await PutAsync(Report);

        var answer = await PutAsync(Report.With("resumeFrom", "100.2"));

        Assert.Equal("unchanged", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal(100, answer.Json.GetProperty("resumeFrom").GetDouble());
    }

    [Fact]
    public async Task A_report_older_than_another_devices_is_superseded_and_answers_where_that_one_is()
    {
        await PutAsync(Report.With("deviceId", "\"phone\"").With("resumeFrom", "500"));

        var answer = await PutAsync(Waited(TimeSpan.FromMinutes(10), TimeSpan.Zero).With("deviceId", "\"tv\""));

        Assert.Equal("superseded", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal(500, answer.Json.GetProperty("resumeFrom").GetDouble());
        Assert.Equal("phone", answer.Json.GetProperty("deviceId").GetString());
    }

    [Fact]
    public async Task A_report_older_than_its_own_devices_is_stale()
    {
        await PutAsync(Report.With("resumeFrom", "500"));

        var answer = await PutAsync(Waited(TimeSpan.FromMinutes(10), TimeSpan.Zero));

        Assert.Equal("stale", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal(500, answer.Json.GetProperty("resumeFrom").GetDouble());
    }

    [Fact]
    public async Task A_title_left_near_its_end_is_completed()
    {
        var answer = await PutAsync(Report.With("resumeFrom", "5390").With("duration", "5400"));

        Assert.True(answer.Json.GetProperty("completed").GetBoolean());
        Assert.True((await PlaceAsync())!.Value.GetProperty("completed").GetBoolean());
    }

    [Theory]
    [InlineData("1325.412345", "1325.412", 1_325_412)]
    [InlineData("1325.4125", "1325.413", 1_325_413)]
    [InlineData("1.3254e3", "1325.4", 1_325_400)]
    [InlineData("1", "1", 1_000)]
    [InlineData("0.9999", "1", 1_000)]
    [InlineData("8.007", "8.007", 8_007)]
    [InlineData("1000000", "1000000", 1_000_000_000)]
    [InlineData("1000000.0004", "1000000", 1_000_000_000)]
    public async Task Seconds_are_rounded_to_milliseconds(string sent, string answered, int stored)
    {
        var answer = await PutAsync(Report.With("resumeFrom", sent));

        Assert.Equal(answered, answer.Json.GetProperty("resumeFrom").GetRawText());
        Assert.Equal(stored, await StoredAsync("position_ms"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("-0.0001")]
    [InlineData("0.9994")]
    public async Task Below_a_second_a_player_is_still_loading(string sent)
    {
        var answer = await PutAsync(Report.With("resumeFrom", sent));

        Assert.Equal("ignored", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal("0", answer.Json.GetProperty("resumeFrom").GetRawText());
    }

    [Theory]
    [InlineData("100.001")]
    [InlineData("130")]
    public async Task A_position_a_little_beyond_the_duration_is_taken_as_the_duration(string sent)
    {
        var answer = await PutAsync(Report.With("resumeFrom", sent).With("duration", "100"));

        Assert.Equal(200, answer.Status);
        Assert.Equal(100, answer.Json.GetProperty("resumeFrom").GetDouble());
        Assert.Equal(100_000, await StoredAsync("position_ms"));
    }

    [Theory]
    [InlineData("duration")]
    [InlineData("deviceId")]
    [InlineData("watchedAt")]
    [InlineData("sentAt")]
    public async Task Null_is_absent(string member) =>
        Assert.Equal(200, (await PutAsync(Report.With(member, "null"))).Status);

    [Fact]
    public async Task Members_that_nobody_knows_are_skipped() =>
        Assert.Equal(200, (await PutAsync(Report.With("player", """{"resumeFrom": -1, "list": [1, {"userId": 2}], "x": "\ud800"}"""))).Status);

    [Fact]
    public async Task Escaped_names_and_values_are_the_same_names_and_values()
    {
        var title = $"\"{Title}\"".Replace("-", @"\u002d", StringComparison.Ordinal);

        var answer = await PutAsync(Report.Without("resumeFrom").With(@"resume\u0046rom", "70").With("contentId", title));

        Assert.Equal(70, answer.Json.GetProperty("resumeFrom").GetDouble());
        Assert.NotNull(await PlaceAsync());
    }

    [Fact]
    public async Task An_id_in_capitals_is_the_same_title()
    {
        await PutAsync(Report.With("contentId", $"\"{Title.ToString().ToUpperInvariant()}\""));

        Assert.Equal($"{Title}", (await PlaceAsync())!.Value.GetProperty("contentId").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-3)]
    [InlineData(86_400 * 365 * 3)]
    [InlineData(-86_400 * 365 * 3)]
    public async Task A_report_that_waited_happened_when_it_happened_whatever_the_devices_clock_says(int clockErrorSeconds)
    {
        var waited = TimeSpan.FromMinutes(10);

        var answer = await PutAsync(Waited(waited, TimeSpan.FromSeconds(clockErrorSeconds)));

        Assert.Equal("applied", answer.Json.GetProperty("outcome").GetString());
        var error = answer.Json.GetProperty("watchedAt").GetDateTimeOffset() - (Now - waited);
        Assert.InRange(error.Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task Nothing_happens_later_than_it_is_received()
    {
        var answer = await PutAsync(
            Report.With("watchedAt", $"\"{Iso(Now.AddYears(5))}\"").With("sentAt", $"\"{Iso(Now)}\""));

        Assert.Equal(200, answer.Status);
        Assert.InRange(answer.Json.GetProperty("watchedAt").GetDateTimeOffset(), Now.AddSeconds(-10), Now);
    }

    [Theory]
    [InlineData("Z")]
    [InlineData("+00:00")]
    [InlineData(@"\u002B00:00")]
    [InlineData("-00:00")]
    public async Task Times_are_taken_with_any_offset_however_it_is_written(string offset)
    {
        var time = Iso(Now.AddMinutes(-10))[..^1];

        var answer = await PutAsync(Report.With("watchedAt", $"\"{time}{offset}\"").With("sentAt", $"\"{Iso(Now)}\""));

        Assert.Equal(200, answer.Status);
        Assert.Equal(DateTimeOffset.Parse(time + "Z", null), answer.Json.GetProperty("watchedAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_repeat_of_a_report_that_waited_is_stale_and_changes_nothing()
    {
        var report = Waited(TimeSpan.FromMinutes(10), TimeSpan.Zero);
        await PutAsync(report);
        var before = await StoredAsync();

        var answer = await PutAsync(report);

        Assert.Equal("stale", answer.Json.GetProperty("outcome").GetString());
        Assert.Equal(100, answer.Json.GetProperty("resumeFrom").GetDouble());
        Assert.Equal(before, await StoredAsync());
    }

    [Fact]
    public async Task The_oldest_and_the_newest_moment_that_a_clock_may_show_are_taken()
    {
        var oldest = await PutAsync(Report.With("watchedAt", "\"2000-01-01T00:00:00Z\"").With("sentAt", "\"2000-01-01T00:00:00Z\""));
        var newest = await PutAsync(
            Report.With("resumeFrom", "200").With("watchedAt", "\"2099-12-31T23:59:59.999Z\"").With("sentAt", "\"2099-12-31T23:59:59.999Z\""));

        Assert.Equal((200, 200), (oldest.Status, newest.Status));
        Assert.Equal("applied", newest.Json.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Answers_are_for_the_user_alone()
    {
        foreach (var answer in new[]
                 {
                     await PutAsync(Report),
                     await PutAsync(Report.With("resumeFrom", "-1")),
                     await GetAsync($"/getWatchStatus?userId=me&contentId={Title}"),
                     await GetAsync("/users/me/continue-watching"),
                 })
        {
            Assert.Equal("private, no-cache", answer.Header("Cache-Control"));
            Assert.Contains("Authorization", answer.Header("Vary"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_page_of_another_origin_may_call_by_default()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/updateWatchStatus");
        request.Headers.Add("Origin", "https://tv.example.com");
        request.Headers.Add("Access-Control-Request-Method", "PUT");
        var preflight = await Service.SendAsync(request);
        using var plain = new HttpRequestMessage(HttpMethod.Get, "/users/me/continue-watching");
        plain.Headers.Add("Origin", "https://tv.example.com");
        plain.Headers.Authorization = new("Bearer", Token);
        var answer = await Service.SendAsync(plain);

        Assert.DoesNotContain(preflight.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_server_does_not_say_what_it_is() =>
        Assert.Null((await PutAsync(Report)).Header("Server"));

    private ReportBody Waited(TimeSpan waited, TimeSpan clockError)
    {
        var clock = Now + clockError;
        return Report.With("watchedAt", $"\"{Iso(clock - waited)}\"").With("sentAt", $"\"{Iso(clock)}\"");
    }

    private static StringContent Json(ReportBody report) => new($"{report}", System.Text.Encoding.UTF8, "application/json");

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateObject().Select(member => member.Name);
}
