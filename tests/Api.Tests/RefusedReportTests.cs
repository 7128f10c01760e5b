namespace ContinueWatching.Api.Tests;

/// <summary>Reports that cannot be taken: each is refused by the name of its field, and nothing of it is stored.</summary>
public sealed class RefusedReportTests(RunningService running) : ApiTest(running)
{
    private const string Moment = "\"2026-01-31T20:15:00Z\"";

    [Theory]
    [InlineData("userId")]
    [InlineData("contentId")]
    [InlineData("resumeFrom")]
    public async Task What_is_mandatory_is_missed_whether_absent_or_null(string member)
    {
        await RefusesAsync(400, member, () => PutAsync(Report.Without(member)));
        await RefusesAsync(400, member, () => PutAsync(Report.With(member, "null")));
        await RefusesAsync(400, member, () => PutAsync(Report.Without(member).With(member.ToUpperInvariant(), "1")));
    }

    [Theory]
    [InlineData("userId", "true", "{}", "{\"id\": 1}", "[]", "[1]")]
    [InlineData("contentId", "true", "{}", "[]", "1", "0")]
    [InlineData("resumeFrom", "true", "{}", "[]", "\"100\"", "\"NaN\"", "\"Infinity\"", "\"\"", "\"00:01:40\"")]
    [InlineData("duration", "false", "{}", "[[[]]]", "\"100\"", "\"NaN\"", "\"PT1H\"")]
    [InlineData("deviceId", "true", "{}", "[\"tv\"]", "1")]
    [InlineData("watchedAt", "true", "{}", "[]", "1769890500", "1769890500000")]
    [InlineData("sentAt", "true", "{}", "[]", "1769890500", "1769890500000")]
    public async Task Values_of_another_type_are_refused(string member, params string[] values)
    {
        foreach (var value in values)
            await RefusesAsync(400, member, () => PutAsync(Report.With(member, value)));
    }

    [Theory]
    [InlineData("1e3")]
    [InlineData("-0")]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData("1.5")]
    [InlineData("0.0")]
    [InlineData("0e0")]
    [InlineData("12345678901234567890")]
    [InlineData("99999999999999999999999999999999999999")]
    [InlineData("1e400")]
    public async Task A_number_names_a_user_only_as_a_plain_whole_one(string number)
    {
        await RefusesAsync(400, "userId", () => PutAsync(Report.With("userId", number)));
        await RefusesAsync(400, "userId", () => AskAsync($$"""{"userId": {{number}}, "contentId": "{{Title}}"}"""));
    }

    [Theory]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData("0x1F")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("undefined")]
    [InlineData("'viewer'")]
    [InlineData("viewer")]
    public async Task What_is_no_JSON_is_no_value(string value)
    {
        await RefusesAsync(400, "body", () => PutAsync(Report.With("userId", value)));
        await RefusesAsync(400, "body", () => PutAsync(Report.With("resumeFrom", value)));
        await RefusesAsync(400, "body", () => AskAsync($$"""{"userId": {{value}}, "contentId": "{{Title}}"}"""));
    }

    public static TheoryData<string> NoUserIds =>
    [
        "", " ", "a b", " a", "a ", ".", "..", @"a\tb", @"a\nb", @"a\u0000b", @"\u0000", @"a\u001fb", @"a\u007fb", @"a\u0080b", "Jürgen", "用户", "😀",
        @"\ud83d\ude00", "a/b", @"a\\b", "a%b", "a?b", "a#b", "a,b", "%2e", @"\u002e\u002e", new string('u', 129), new string('ü', 65),
    ];

    [Theory]
    [MemberData(nameof(NoUserIds))]
    public async Task A_text_that_is_no_user_id_is_refused(string text)
    {
        await RefusesAsync(400, "userId", () => PutAsync(Report.With("userId", $"\"{text}\"")));
        await RefusesAsync(400, "userId", () => AskAsync($$"""{"userId": "{{text}}", "contentId": "{{Title}}"}"""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("film")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("{0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11}")]
    [InlineData("(0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11)")]
    [InlineData("0b5f3a526c1d4d8e9f273f4f0c6f8a11")]
    [InlineData("0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a1")]
    [InlineData("0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a111")]
    [InlineData("0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a1g")]
    [InlineData("0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11 ")]
    [InlineData(" 0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11")]
    [InlineData(@"0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11\u0000")]
    [InlineData("urn:uuid:0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11")]
    [InlineData("+b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11")]
    [InlineData("0b5f3a52+6c1d-4d8e-9f27-3f4f0c6f8a11")]
    [InlineData("0b5f3a526-c1d-4d8e-9f27-3f4f0c6f8a11")]
    [InlineData("0x5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11")]
    [InlineData("0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11,0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a12")]
    [InlineData("{0x0b5f3a52,0x6c1d,0x4d8e,{0x9f,0x27,0x3f,0x4f,0x0c,0x6f,0x8a,0x11}}")]
    [InlineData("０b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11")]
    public async Task What_is_no_UUID_is_no_title(string text) =>
        await RefusesAsync(400, "contentId", () => PutAsync(Report.With("contentId", $"\"{text}\"")));

    [Theory]
    [InlineData("-1")]
    [InlineData("-0.001")]
    [InlineData("-1e300")]
    [InlineData("1000000.001")]
    [InlineData("1325412")]
    [InlineData("1769890500000")]
    [InlineData("1e300")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("9223372036854775808")]
    [InlineData("922337203685477.6")]
    public async Task A_position_is_within_the_longest_title(string seconds)
    {
        await RefusesAsync(400, "resumeFrom", () => PutAsync(Report.With("resumeFrom", seconds)));

        var answer = await PutAsync(Report.With("resumeFrom", seconds));
        Assert.Equal(seconds, answer.Json.GetProperty("value").GetString());
        Assert.Contains("seconds", answer.Json.GetProperty("allowed").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5430.001")]
    [InlineData("100000")]
    [InlineData("540000")]
    public async Task A_position_far_beyond_the_duration_is_in_milliseconds(string seconds) =>
        await RefusesAsync(400, "resumeFrom", () => PutAsync(Report.With("resumeFrom", seconds).With("duration", "5400")));

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("0.0004")]
    [InlineData("-1")]
    [InlineData("-5400")]
    [InlineData("5400000")]
    [InlineData("1000000.001")]
    [InlineData("1e300")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    public async Task A_duration_is_longer_than_nothing_and_within_the_longest_title(string seconds) =>
        await RefusesAsync(400, "duration", () => PutAsync(Report.With("resumeFrom", "0").With("duration", seconds)));

    public static TheoryData<string> NoDeviceIds =>
    [
        "", " ", "my tv", "tv ", @"tv\u0000", @"tv\n", @"tv\u007f", "Fernseher Küche", "télé", "📺", new string('d', 65),
    ];

    [Theory]
    [MemberData(nameof(NoDeviceIds))]
    public async Task A_text_that_is_no_device_id_is_refused(string text) =>
        await RefusesAsync(400, "deviceId", () => PutAsync(Report.With("deviceId", $"\"{text}\"")));

    [Fact]
    public async Task A_device_id_may_have_64_characters() =>
        Assert.Equal(200, (await PutAsync(Report.With("deviceId", $"\"{new string('d', 64)}\""))).Status);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"yesterday\"")]
    [InlineData("\"2026-01-31\"")]
    [InlineData("\"2026-01-31T20:15:00\"")]
    [InlineData("\"2026-01-31T20:15\"")]
    [InlineData("\"2026-01-31 20:15:00Z\"")]
    [InlineData("\"20260131T201500Z\"")]
    [InlineData("\"2026-02-30T20:15:00Z\"")]
    [InlineData("\"2026-13-01T20:15:00Z\"")]
    [InlineData("\"2026-01-31T24:15:00Z\"")]
    [InlineData("\"2026-01-31T20:15:61Z\"")]
    [InlineData("\"2026-01-31T20:15:00+99:00\"")]
    [InlineData("\"2026-01-31T20:15:00+02:00Z\"")]
    [InlineData("\"2026-01-31T20:15:00Zulu\"")]
    [InlineData("\"Sat, 31 Jan 2026 20:15:00 GMT\"")]
    [InlineData("\"1769890500\"")]
    [InlineData("\"0001-01-01T00:00:00+14:00\"")]
    [InlineData("\"9999-12-31T23:59:59-14:00\"")]
    [InlineData("\"0000-01-01T00:00:00Z\"")]
    [InlineData("\"+12026-01-31T20:15:00Z\"")]
    [InlineData("\"-2026-01-31T20:15:00Z\"")]
    // Well-formed, and out of range.
    [InlineData("\"0001-01-01T00:00:00Z\"")]
    [InlineData("\"1970-01-01T00:00:00Z\"")]
    [InlineData("\"1999-12-31T23:59:59.999Z\"")]
    [InlineData("\"2000-01-01T00:00:00+00:01\"")]
    [InlineData("\"2100-01-01T00:00:00Z\"")]
    [InlineData("\"2099-12-31T23:59:59.999-00:01\"")]
    [InlineData("\"9999-12-31T23:59:59.9999999Z\"")]
    public async Task A_time_is_ISO_8601_with_an_offset_in_this_century(string time)
    {
        await RefusesAsync(400, "watchedAt", () => PutAsync(Report.With("watchedAt", time).With("sentAt", Moment)));
        await RefusesAsync(400, "sentAt", () => PutAsync(Report.With("watchedAt", Moment).With("sentAt", time)));
    }

    [Theory]
    [InlineData("watchedAt", "sentAt")]
    [InlineData("sentAt", "watchedAt")]
    public async Task One_time_needs_the_other(string given, string missing)
    {
        await RefusesAsync(400, missing, () => PutAsync(Report.With(given, Moment)));
        await RefusesAsync(400, missing, () => PutAsync(Report.With(given, Moment).With(missing, "null")));
    }

    [Fact]
    public async Task A_report_cannot_have_waited_since_before_the_century() => await RefusesAsync(400, "watchedAt", () => PutAsync(
        Report.With("watchedAt", "\"2000-01-01T00:00:00Z\"").With("sentAt", "\"2090-01-01T00:00:00Z\"")));

    [Fact]
    public async Task A_long_value_is_shown_in_short_wherever_it_is_cut()
    {
        // Characters of two halves in front of the cut, and one more or less of one: one of the two would be cut in the middle.
        foreach (var start in new[] { "", "a", "ab", "abc" })
        {
            var text = start + string.Concat(Enumerable.Repeat("😀", 200));
            var answer = await PutAsync(Report.With("contentId", $"\"{text}\""));

            Problem.Assert(answer, 400, "contentId");
            Assert.InRange(answer.Json.GetProperty("value").GetString()!.Length, 40, 90);
            Assert.DoesNotContain('\uFFFD', answer.Json.GetProperty("value").GetString()!);
            Problem.Assert(await GetAsync($"/getWatchStatus?userId=me&contentId={Uri.EscapeDataString(text)}"), 400, "contentId");
            Problem.Assert(await GetAsync($"/getWatchStatus?userId={Uri.EscapeDataString(text)}&contentId={Title}"), 400, "userId");
            Problem.Assert(await GetAsync($"/users/{Uri.EscapeDataString(text)}/continue-watching"), 400, "userId");
        }
    }

    [Fact]
    public async Task The_first_fault_is_told_and_a_good_report_is_taken_afterwards()
    {
        await RefusesAsync(400, "resumeFrom", () => PutAsync(Report.With("resumeFrom", "\"a\"").With("duration", "\"b\"")));

        Assert.Equal("applied", (await PutAsync(Report)).Json.GetProperty("outcome").GetString());
    }
}
