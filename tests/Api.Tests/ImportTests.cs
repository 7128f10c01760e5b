using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>Data that comes in by the thousand: in chunks, each told when it is stored.</summary>
public sealed class ImportTests(RunningService running) : ApiTest(running)
{
    private const int MaxEntryBytes = 16 * 1024;
    private const int MaxBytes = 64 * 1024 * 1024;

    [Fact]
    public async Task A_long_history_comes_in_by_chunks_each_told_and_goes_out_again_whole()
    {
        var titles = Entries(1_200);

        var told = await ImportAsync(titles);

        Assert.Equal([(500, false), (1_000, false), (1_200, true)], told.Select(line => (Number(line, "titles"), line.GetProperty("done").GetBoolean())));
        Assert.Equal(1_200, Number(told[^1], "changed"));
        var export = (await GetAsync($"/users/{User}/export")).Json.EnumerateArray().Where(entry => entry.GetProperty("type").GetString() == "title");
        Assert.Equal(
            titles.Select(entry => (string)entry!["contentId"]!).Order(StringComparer.Ordinal),
            export.Select(entry => entry.GetProperty("contentId").GetString()));

        // The same again is no news.
        Assert.Equal(0, Number((await ImportAsync(titles))[^1], "changed"));
    }

    [Fact]
    public async Task What_is_wrong_behind_the_first_chunk_is_told_in_the_last_line_and_what_was_told_stays_stored()
    {
        var titles = Entries(600);
        titles.Add(titles[0]!.DeepClone());

        var told = await ImportAsync(titles);

        Assert.Equal([500, 500], told.Select(line => Number(line, "titles")));
        var problem = told[^1].GetProperty("problem");
        Assert.Equal(400, Number(problem, "status"));
        Assert.Contains("[600].contentId", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.False(told[^1].GetProperty("done").GetBoolean());
    }

    [Fact]
    public async Task A_place_within_the_first_second_is_no_place_to_go_on_from_when_it_is_imported_either()
    {
        await PutAsync(Report.With("resumeFrom", "500"));
        var entry = new JsonObject
        {
            ["type"] = "title",
            ["contentId"] = $"{Title}",
            ["places"] = new JsonArray(new JsonObject { ["deviceId"] = "tv", ["resumeFrom"] = 0.3, ["watchedAt"] = Iso(Now) }),
        };

        await ImportAsync([entry]);

        Assert.Equal(500, (await PlaceAsync())!.Value.GetProperty("resumeFrom").GetDouble());
    }

    [Fact]
    public async Task An_entry_may_have_16_KiB_and_not_one_byte_more()
    {
        var told = await ImportAsync($"[{OfLength(MaxEntryBytes)}, {OfLength(MaxEntryBytes, "title")}]");

        Assert.Equal(1, Number(told[^1], "titles"));
        var refused = await PutImportAsync($"[{OfLength(MaxEntryBytes)}, {OfLength(MaxEntryBytes + 1)}]");
        Problem.Assert(refused, 400, "[1]");
        Assert.Equal("more than 16384 bytes", refused.Json.GetProperty("value").GetString());
    }

    [Fact]
    public async Task An_entry_too_long_behind_the_first_chunk_is_told_in_the_last_line()
    {
        var told = await ImportAsync($"{Entries(500).ToJsonString()[..^1]}, {OfLength(MaxEntryBytes + 1)}]");

        Assert.Equal([500, 500], told.Select(line => Number(line, "titles")));
        Assert.StartsWith("[500] was more than 16384 bytes; allowed: 16384 bytes", Detail(told[^1]), StringComparison.Ordinal);
    }

    // Of what has not been sent, nothing can be held.
    [Theory]
    [InlineData("[{\"type\": \"user\", \"padding\": \"", "[0]")]
    [InlineData("""[{"type": "user", "padding": [""", "[0]")]
    [InlineData("[\"", "[0]")]
    [InlineData("[{\"type\": \"user\"}, ", "[1]")]
    [InlineData("\"", "body")]
    public async Task An_entry_that_goes_on_for_64_MiB_is_refused_at_its_beginning(string beginning, string field)
    {
        using var import = await OpenAsync(beginning, length: MaxBytes);

        await import.SendAsync(string.Concat(Enumerable.Repeat(beginning[^1] == ' ' ? " " : "1,", 2 * MaxEntryBytes)));

        var answer = await import.ReadUntilAsync("traceId");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"field\":\"{field}\",\"value\":\"more than 16384 bytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_imports_come_in_at_once_and_those_that_dawdle_keep_nobody_out()
    {
        var imports = new List<Sent>();
        try
        {
            for (var number = 0; number < 8; number++)
            {
                imports.Add(await OpenAsync(Entries(500).ToJsonString()[..^1]));
                Assert.StartsWith("HTTP/1.1 200 ", await imports[^1].ReadUntilAsync("\"titles\":500"), StringComparison.Ordinal);
            }

            foreach (var import in imports)
            {
                await import.SendAsync("]", last: true);
                await import.ReadUntilAsync("\"done\":true");
            }
        }
        finally
        {
            imports.ForEach(import => import.Dispose());
        }
    }

    [Theory]
    [InlineData("", "broken at line 1, byte 1")]
    [InlineData(" \n ", "broken at line 2, byte 2")]
    [InlineData("[", "broken at line 1, byte 2")]
    [InlineData("[{\"type\": \"user\"}", "broken at line 1, byte 18")]
    [InlineData("[{\"type\": \"user\"},]", "broken at line 1, byte 19")]
    [InlineData("[{\"type\": \"user\"}] x", "broken at line 1, byte 20")]
    [InlineData("[{\"type\": \"user\"}]\n[]", "broken at line 2, byte 1")]
    [InlineData("[{\"type\": \"user\"},\n {\"type\": user}]", "broken at line 2, byte 11")]
    [InlineData("[{\"type\": \"user\"} {\"type\": \"user\"}]", "broken at line 1, byte 19")]
    [InlineData("{\"type\": \"user\"}", "an object")]
    [InlineData("null", "null")]
    [InlineData("\"text\"", "\"text\"")]
    [InlineData("17", "17")]
    public async Task What_is_no_array_in_JSON_is_refused(string body, string value)
    {
        var refused = await PutImportAsync(body);

        Problem.Assert(refused, 400, "body");
        Assert.Equal(value, refused.Json.GetProperty("value").GetString());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData(" [ ] \n")]
    [InlineData("\uFEFF[]")]
    [InlineData("\uFEFF[{\"type\": \"user\"}]")]
    public async Task An_import_of_nothing_is_done(string body) => Assert.True(Assert.Single(await ImportAsync(body)).GetProperty("done").GetBoolean());

    [Fact]
    public async Task An_entry_may_be_63_deep_and_no_deeper()
    {
        var refused = await PutImportAsync(Nested(64));

        Problem.Assert(refused, 400, "body");
        Assert.Equal("broken at line 1, byte 92", refused.Json.GetProperty("value").GetString());
        await ImportAsync(Nested(63));

        // The entry itself is one of them.
        static string Nested(int depth) => $$"""[{"type": "user", "padding": {{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}]""";
    }

    [Fact]
    public async Task What_is_broken_behind_the_first_chunk_is_told_by_its_line_and_what_was_told_stays_stored()
    {
        var lines = Entries(600).Select(entry => entry!.ToJsonString());

        var told = await ImportAsync($"[{string.Join(",\n", lines)},\n{{\"type\": oops}}]");

        Assert.Equal([500, 500], told.Select(line => Number(line, "titles")));
        Assert.StartsWith("body was broken at line 601, byte 10;", Detail(told[^1]), StringComparison.Ordinal);
    }

    // The log is looked at afterwards.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_that_go_away_in_the_middle_of_an_entry_do_no_harm(bool reset)
    {
        for (var client = 0; client < 100; client++)
            await RawHttp.HangUpAsync(Service.Http.BaseAddress!, Head("Content-Length: 1000") + """[{"type": "user"}, {"type": "us""", reset);

        for (var client = 0; client < 100; client++)
            Assert.Equal(200, (await GetAsync("/users/me/continue-watching")).Status);
    }

    private static string Detail(JsonElement line) => line.GetProperty("problem").GetProperty("detail").GetString()!;

    private static string OfLength(int bytes, string type = "user")
    {
        var entry = $$"""{"type": "{{type}}", "contentId": "{{Guid.NewGuid()}}", "hiddenAt": "{{Iso(Now)}}", "padding": ""}""";
        return $"{entry[..^2]}{new string('x', bytes - entry.Length)}\"}}";
    }

    private static int Number(JsonElement line, string name) => line.GetProperty(name).GetInt32();

    private static JsonArray Entries(int count) => [.. Enumerable.Range(1, count).Select(number => new JsonObject
    {
        ["type"] = "title",
        ["contentId"] = $"{Guid.NewGuid()}",
        ["places"] = new JsonArray(new JsonObject
        {
            ["deviceId"] = "tv",
            ["resumeFrom"] = number,
            ["duration"] = 5400,
            ["watchedAt"] = Iso(Now.AddMinutes(-number)),
        }),
    })];

    private Task<JsonElement[]> ImportAsync(JsonArray entries) => ImportAsync(entries.ToJsonString());

    private async Task<JsonElement[]> ImportAsync(string body)
    {
        var answer = await PutImportAsync(body);
        Assert.Equal(200, answer.Status);
        return [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private Task<Answer> PutImportAsync(string body) => Service.PutAsync($"/users/{User}/import", Token, body);

    private string Head(string length) =>
        $"PUT /users/{User}/import HTTP/1.1\r\nHost: {Service.Http.BaseAddress!.Authority}\r\nAuthorization: Bearer {Token}\r\n"
        + $"Content-Type: application/json\r\n{length}\r\n\r\n";

    private async Task<Sent> OpenAsync(string beginning, int? length = null)
    {
        var sent = new Sent(isChunked: length is null);
        await sent.BeginAsync(Service.Http.BaseAddress!, Head(length is null ? "Transfer-Encoding: chunked" : $"Content-Length: {length}"));
        await sent.SendAsync(beginning);
        return sent;
    }

    /// <summary>An import that is answered while it is sent, which an HTTP client would not wait for.</summary>
    private sealed class Sent(bool isChunked) : IDisposable
    {
        private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));
        private readonly TcpClient _client = new();

        public async Task BeginAsync(Uri server, string head)
        {
            await _client.ConnectAsync(server.Host, server.Port, _patience.Token);
            await WriteAsync(head);
        }

        public Task SendAsync(string part, bool last = false) =>
            WriteAsync(isChunked ? $"{part.Length:x}\r\n{part}\r\n{(last ? "0\r\n\r\n" : "")}" : part);

        public async Task<string> ReadUntilAsync(string end)
        {
            var text = new StringBuilder();
            var buffer = new byte[4096];
            while (!$"{text}".Contains(end, StringComparison.Ordinal))
            {
                var length = await _client.GetStream().ReadAsync(buffer, _patience.Token);
                Assert.True(length > 0, $"The server hung up: {text}");
                text.Append(Encoding.UTF8.GetString(buffer, 0, length));
            }

            return $"{text}";
        }

        public void Dispose()
        {
            _client.Dispose();
            _patience.Dispose();
        }

        private async Task WriteAsync(string text) => await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text), _patience.Token);
    }
}
