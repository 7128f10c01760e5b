using System.Text;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>Bodies that are no JSON object in UTF-8, are too long, or never end.</summary>
public sealed class RefusedBodyTests(RunningService running) : ApiTest(running)
{
    private const int MaxBytes = 16 * 1024;

    [Fact]
    public async Task More_members_than_a_report_can_have_are_refused() => await RefusesAsync(
        400, "body", () => PutAsync("{" + string.Join(',', Enumerable.Range(0, 33).Select(number => $"\"m{number}\": 1")) + "}"));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("17")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("{]")]
    [InlineData("{\"userId\"")]
    [InlineData("{\"userId\":")]
    [InlineData("{\"userId\": \"me\"")]
    [InlineData("{\"userId\": \"me")]
    [InlineData("{\"userId\": \"me\",}")]
    [InlineData("{\"userId\": \"me\" \"contentId\": \"x\"}")]
    [InlineData("{userId: \"me\"}")]
    [InlineData("{'userId': 'me'}")]
    [InlineData("{\"userId\": \"a\nb\"}")]
    [InlineData("{\"userId\": \"\\x41\"}")]
    [InlineData("{\"userId\": \"\\u00g1\"}")]
    [InlineData("{\"userId\": \"\\u12\"}")]
    [InlineData("{/* who */ \"userId\": \"me\"}")]
    [InlineData("{} {}")]
    [InlineData("{}x")]
    [InlineData("{}]")]
    [InlineData("{},")]
    [InlineData("{}\0")]
    [InlineData("\0{}")]
    [InlineData("\uFEFF{}")]
    [InlineData("userId=me&resumeFrom=100")]
    [InlineData("<report/>")]
    [InlineData("{\"\\ud800\": 1}")]
    [InlineData("{\"\\udc00\\ud800\": 1}")]
    [InlineData("{\"userId\": \"\\ud800\"}")]
    [InlineData("{\"userId\": \"\\ud83d\\u0041\"}")]
    [InlineData("{\"contentId\": \"\\udfff\"}")]
    public async Task What_is_no_JSON_object_is_refused(string body)
    {
        await RefusesAsync(400, "body", () => PutAsync(body));
        if (body.Length > 0)
            await RefusesAsync(400, "body", () => AskAsync(body));
    }

    [Theory]
    [InlineData("\"deviceId\": \"\\ud800\"")]
    [InlineData("\"\\ud800\": 1")]
    [InlineData("\"more\": [\"\\u12\"]")]
    public async Task Text_that_stands_for_none_is_refused_in_a_report_that_is_good_otherwise(string member) =>
        await RefusesAsync(400, "body", () => PutAsync($"{$"{Report}"[..^1]}, {member}}}"));

    [Theory]
    [InlineData(" {}")]
    [InlineData(",")]
    [InlineData("}")]
    [InlineData(" null")]
    [InlineData("\0")]
    public async Task Nothing_follows_a_report_that_is_good_otherwise(string garbage) =>
        await RefusesAsync(400, "body", () => PutAsync($"{Report}{garbage}"));

    [Fact]
    public async Task Every_truncation_of_a_good_report_is_refused()
    {
        var whole = $"{Report.With("deviceId", "\"tv\"")}";
        var before = await StoredAsync();

        for (var length = 0; length < whole.Length; length += 3)
            Problem.Assert(await PutAsync(whole[..length]), 400, "body");

        Assert.Equal(before, await StoredAsync());
    }

    // A raw 0xFF, half a two-byte character, a surrogate in UTF-8, an overlong slash, and UTF-16.
    [Theory]
    [InlineData("7B 22 61 22 3A 22 FF 22 7D")]
    [InlineData("7B 22 61 22 3A 22 C3 22 7D")]
    [InlineData("7B 22 61 22 3A 22 ED A0 80 22 7D")]
    [InlineData("7B 22 61 22 3A 22 C0 AF 22 7D")]
    [InlineData("7B 22 FF 22 3A 31 7D")]
    [InlineData("7B 00 7D 00")]
    [InlineData("FF FE 7B 00 7D 00")]
    [InlineData("EF BB BF 7B 7D")]
    [InlineData("7B 7D C3")]
    public async Task What_is_no_UTF_8_is_refused(string hex)
    {
        var body = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        await RefusesAsync(400, "body", () => PutAsync(body, "application/json"));
        await RefusesAsync(400, "body", () => SendAsync(HttpMethod.Get, "/getWatchStatus", body, "application/json"));
    }

    [Fact]
    public async Task A_good_report_behind_a_byte_order_mark_is_refused() =>
        await RefusesAsync(400, "body", () => PutAsync([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{Report}")], "application/json"));

    [Theory]
    [InlineData(65)]
    [InlineData(5_000)]
    public async Task Deep_nesting_is_refused(int depth)
    {
        var deep = new string('[', depth) + new string(']', depth);

        await RefusesAsync(400, "body", () => PutAsync(Report.With("more", deep)));
        await RefusesAsync(400, "body", () => PutAsync(deep));
        await RefusesAsync(400, "body", () => AskAsync($$"""{"userId": "me", "contentId": {{deep}}}"""));
    }

    [Theory]
    [InlineData("userId")]
    [InlineData("contentId")]
    [InlineData("resumeFrom")]
    [InlineData("more")]
    [InlineData("")]
    public async Task A_member_given_twice_is_refused(string member)
    {
        var report = $"{Report.With("more", "1").With("", "1")}"[..^1];

        await RefusesAsync(400, member, () => PutAsync($"{report}, \"{member}\": 100}}"));
        await RefusesAsync(400, member, () => PutAsync($"{report}, \"{member}\": null}}"));
    }

    [Theory]
    [InlineData(@"""user\u0049d"": ""somebody-else""", "userId")]
    [InlineData(@"""\u0072esumeFrom"": 1", "resumeFrom")]
    public async Task A_member_given_twice_in_two_spellings_is_refused(string again, string field) =>
        await RefusesAsync(400, field, () => PutAsync($"{$"{Report}"[..^1]}, {again}}}"));

    [Fact]
    public async Task A_body_of_16_KiB_is_taken_and_one_byte_more_is_not()
    {
        var most = Padded(MaxBytes);
        var tooMuch = Padded(MaxBytes + 1);

        Assert.Equal(200, (await PutAsync(most, "application/json")).Status);
        Assert.Equal(200, (await PutAsync(most, "application/json", chunked: true)).Status);
        await RefusesAsync(413, null, () => PutAsync(tooMuch, "application/json"));
        await RefusesAsync(413, null, () => PutAsync(tooMuch, "application/json", chunked: true));
    }

    [Fact]
    public async Task A_body_of_very_many_bytes_is_refused_by_its_length()
    {
        const int bytes = 40 * 1024 * 1024;
        var beginning = $"PUT /updateWatchStatus HTTP/1.1\r\nHost: {Server.Authority}\r\nAuthorization: Bearer {Token}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n{{";

        Assert.StartsWith("HTTP/1.1 413 ", await RawHttp.SendAsync(Server, beginning), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/updateWatchStatus")]
    [InlineData("GET", "/getWatchStatus")]
    public async Task A_body_of_a_megabyte_is_refused(string method, string path)
    {
        var body = Padded(1024 * 1024);

        await RefusesAsync(413, null, () => SendAsync(HttpMethod.Parse(method), path, body, "application/json"));
        await RefusesAsync(413, null, () => SendAsync(HttpMethod.Parse(method), path, body, "application/json", chunked: true));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("text/json")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonp")]
    [InlineData("application/octet-stream")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=iso-8859-1")]
    public async Task What_is_not_called_JSON_in_UTF_8_is_not_read(string? contentType)
    {
        var report = Encoding.UTF8.GetBytes($"{Report}");

        await RefusesAsync(415, null, () => PutAsync(report, contentType));
        await RefusesAsync(415, null, () => SendAsync(HttpMethod.Get, "/getWatchStatus", report, contentType));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("application/json; charset=\"utf-8\"")]
    [InlineData("application/json; version=1")]
    public async Task JSON_is_read_however_its_name_is_written(string contentType) =>
        Assert.Equal(200, (await PutAsync(Encoding.UTF8.GetBytes($"{Report}"), contentType)).Status);

    [Theory]
    [InlineData("garbage")]
    [InlineData("application/json, text/plain")]
    [InlineData("application/")]
    [InlineData("/json")]
    [InlineData(";charset=utf-8")]
    public async Task A_content_type_that_is_none_is_refused(string contentType)
    {
        var request = $"PUT /updateWatchStatus HTTP/1.1\r\nHost: {Server.Authority}\r\nAuthorization: Bearer {Token}\r\n"
            + $"Content-Type: {contentType}\r\nContent-Length: {$"{Report}".Length}\r\nConnection: close\r\n\r\n{Report}";

        Assert.StartsWith("HTTP/1.1 415 ", await RawHttp.SendAsync(Server, request), StringComparison.Ordinal);
        Assert.Null(await StoredAsync("position_ms"));
    }

    [Theory]
    [InlineData("zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("-1\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\r\n{}garbage\r\n0\r\n\r\n")]
    [InlineData("100000000\r\n{}\r\n0\r\n\r\n")]
    [InlineData("FFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")]
    public async Task Chunks_that_are_none_are_a_bad_request(string chunks)
    {
        var request = $"PUT /updateWatchStatus HTTP/1.1\r\nHost: {Server.Authority}\r\nAuthorization: Bearer {Token}\r\n"
            + $"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunks}";

        var answer = await RawHttp.SendAsync(Server, request);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_that_go_away_in_the_middle_of_a_body_do_no_harm(bool reset)
    {
        var before = await StoredAsync();

        for (var client = 0; client < 100; client++)
            await RawHttp.HangUpAsync(Server, HalfReport(), reset);

        // Each answer comes from the same server: those who went away have been noticed in between.
        for (var client = 0; client < 100; client++)
            Assert.Equal(200, (await GetAsync("/users/me/continue-watching")).Status);
        Assert.Equal(before, await StoredAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_that_do_not_wait_for_their_answer_do_no_harm(bool reset)
    {
        var report = $"{Report}";
        for (var client = 0; client < 100; client++)
        {
            await RawHttp.HangUpAsync(
                Server, HalfReport().Replace("Content-Length: 1000", $"Content-Length: {report.Length}", StringComparison.Ordinal)[..^1] + report, reset);
        }

        Assert.Equal(200, (await PutAsync(Report.With("resumeFrom", "200"))).Status);
        Assert.Equal(200, (await PlaceAsync())!.Value.GetProperty("resumeFrom").GetDouble());
    }

    private Uri Server => Service.Http.BaseAddress!;

    private string HalfReport() =>
        $"PUT /updateWatchStatus HTTP/1.1\r\nHost: {Server.Authority}\r\nAuthorization: Bearer {Token}\r\n"
        + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";

    private byte[] Padded(int bytes)
    {
        var report = Report.With("padding", "\"\"");
        var missing = bytes - Encoding.UTF8.GetByteCount($"{report}");
        return Encoding.UTF8.GetBytes($"{report.With("padding", $"\"{new string('x', missing)}\"")}");
    }
}
