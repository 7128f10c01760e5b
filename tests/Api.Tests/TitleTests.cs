using System.Text;
using ContinueWatching.Contracts;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>The catalogue over REST.</summary>
public sealed class TitleTests(RunningService running) : ApiTest(running)
{
    private string Path => $"/titles/{Title}";

    private string Catalogue => Tokens.OfCatalogue();

    [Fact]
    public async Task A_title_is_stored_and_looked_up_by_everybody()
    {
        var series = Guid.NewGuid();
        var next = Guid.NewGuid();

        var stored = await Service.PutAsync(Path, Catalogue, $$"""
            {"duration": 5400.0005, "creditsStart": 5100, "seriesId": "{{series}}", "season": 2, "episode": 0, "nextContentId": "{{next}}",
             "kind": "episode", "anything": {"else": [] } }
            """);
        var found = await GetAsync(Path);

        Assert.Equal((204, ""), (stored.Status, stored.Text));
        Assert.Equal((200, "application/json"), (found.Status, found.ContentType));
        Assert.Equal(
            $$"""{"contentId":"{{Title}}","duration":5400.001,"creditsStart":5100,"seriesId":"{{series}}","season":2,"episode":0,"nextContentId":"{{next}}","kind":"episode"}""",
            found.Text);
        Assert.Equal("private, no-cache", found.Header("Cache-Control"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"duration": null, "creditsStart": null, "seriesId": null, "season": null, "episode": null, "nextContentId": null, "kind": null}""")]
    public async Task A_title_may_say_nothing_of_itself(string body)
    {
        await Service.PutAsync(Path, Catalogue, """{"duration": 90, "kind": "film"}""");

        Assert.Equal(204, (await Service.PutAsync(Path, Catalogue, body)).Status);

        Assert.Equal($$"""{"contentId":"{{Title}}"}""", (await GetAsync(Path)).Text);
    }

    [Fact]
    public async Task A_body_may_repeat_the_title_of_its_path_and_no_other()
    {
        Assert.Equal(204, (await Service.PutAsync(Path, Catalogue, $$"""{"contentId": "{{Title}}", "season": 1}""")).Status);

        Problem.Assert(await Service.PutAsync(Path, Catalogue, $$"""{"contentId": "{{Guid.NewGuid()}}", "season": 2}"""), 400, "contentId");
        Assert.Equal(1, (await GetAsync(Path)).Json.GetProperty("season").GetInt32());
    }

    [Fact]
    public async Task A_title_that_was_removed_is_not_found_and_may_be_removed_again()
    {
        await Service.PutAsync(Path, Catalogue, "{}");

        Assert.Equal(204, (await Service.SendAsync(HttpMethod.Delete, Path, Catalogue)).Status);
        Assert.Equal(204, (await Service.SendAsync(HttpMethod.Delete, Path, Catalogue)).Status);

        Problem.Assert(await GetAsync(Path), 404);
    }

    [Fact]
    public async Task A_title_nobody_has_stored_is_not_found() => Problem.Assert(await GetAsync(Path), 404);

    [Fact]
    public async Task What_is_stored_over_REST_is_what_grains_tell()
    {
        await Service.PutAsync(Path, Catalogue, """{"creditsStart": 0.001}""");

        var id = new ContentId(Title);
        Assert.Equal(new Title(id) { CreditsStart = TimeSpan.FromMilliseconds(1) }, await Service.Grains.GetTitle(id).GetAsync());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("{01234567-89ab-cdef-0123-456789abcdef}")]
    public async Task What_names_no_title_is_refused(string id)
    {
        Problem.Assert(await GetAsync($"/titles/{id}"), 400, "contentId");
        Problem.Assert(await Service.PutAsync($"/titles/{id}", Catalogue, "{}"), 400, "contentId");
        Problem.Assert(await Service.SendAsync(HttpMethod.Delete, $"/titles/{id}", Catalogue), 400, "contentId");
    }

    [Theory]
    [InlineData("duration", "0")]
    [InlineData("duration", "0.0004")]
    [InlineData("duration", "-1")]
    [InlineData("duration", "1000000.001")]
    [InlineData("duration", "1e300")]
    [InlineData("duration", "\"90\"")]
    [InlineData("duration", "[90]")]
    [InlineData("creditsStart", "0")]
    [InlineData("creditsStart", "1000001")]
    [InlineData("creditsStart", "true")]
    [InlineData("seriesId", "\"\"")]
    [InlineData("seriesId", "\"a b\"")]
    [InlineData("seriesId", "7")]
    [InlineData("season", "-1")]
    [InlineData("season", "100001")]
    [InlineData("season", "1.5")]
    [InlineData("season", "\"1\"")]
    [InlineData("episode", "-1")]
    [InlineData("episode", "99999999999999999999")]
    [InlineData("nextContentId", "\"next\"")]
    [InlineData("nextContentId", "\"00000000-0000-0000-0000-000000000000\"")]
    [InlineData("nextContentId", "1")]
    [InlineData("kind", "\"\"")]
    [InlineData("kind", "\"Film\"")]
    [InlineData("kind", "\"abcdefghijabcdefghijabcdefghijabc\"")]
    [InlineData("kind", "{}")]
    [InlineData("contentId", "\"x\"")]
    public async Task What_is_out_of_range_is_refused_alone_and_among_others(string field, string value)
    {
        var others = Guid.NewGuid();
        Problem.Assert(await Service.PutAsync(Path, Catalogue, $$"""{"{{field}}": {{value}}}"""), 400, field);

        var item = field == "contentId" ? $$"""{"contentId": {{value}}}""" : $$"""{"contentId": "{{Title}}", "{{field}}": {{value}}}""";
        Problem.Assert(await BatchAsync($$"""{"contentId": "{{others}}"}""", item), 400, $"titles[1].{field}");

        Problem.Assert(await GetAsync(Path), 404);
        Problem.Assert(await GetAsync($"/titles/{others}"), 404);
    }

    [Fact]
    public async Task Credits_beyond_the_end_and_a_title_that_follows_itself_are_refused()
    {
        Problem.Assert(await Service.PutAsync(Path, Catalogue, """{"duration": 90, "creditsStart": 90.001}"""), 400, "creditsStart");
        Problem.Assert(await Service.PutAsync(Path, Catalogue, $$"""{"nextContentId": "{{Title}}"}"""), 400, "nextContentId");
    }

    [Fact]
    public async Task A_refusal_shows_no_more_of_a_value_than_it_needs()
    {
        var answer = await Service.PutAsync(Path, Catalogue, $$"""{"kind": "{{new string('K', 10_000)}}"}""");

        Problem.Assert(answer, 400, "kind");
        Assert.InRange(answer.Text.Length, 1, 1_000);
    }

    [Fact]
    public async Task Only_the_scope_of_the_catalogue_writes_it()
    {
        foreach (var token in new[] { Token, Tokens.OfService(), Tokens.Of(User, ("scope", "continue-watching.catalogue")) })
        {
            Problem.Assert(await Service.PutAsync(Path, token, "{}"), 403);
            Problem.Assert(await Service.SendAsync(HttpMethod.Delete, Path, token), 403);
            Problem.Assert(await Service.PutAsync("/titles", token, $$"""{"titles": [{"contentId": "{{Title}}"}]}"""), 403);
        }

        Assert.Equal(401, (await Service.PutAsync(Path, null, "{}")).Status);
        Assert.Equal(401, (await Service.GetAsync(Path)).Status);
        Problem.Assert(await GetAsync(Path), 404);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    public async Task What_is_no_JSON_object_is_refused(string body)
    {
        Problem.Assert(await Service.PutAsync(Path, Catalogue, body), 400, "body");
        Problem.Assert(await Service.PutAsync("/titles", Catalogue, body), 400, "body");
    }

    [Fact]
    public async Task Up_to_500_titles_are_stored_at_once()
    {
        var ids = Enumerable.Range(0, Limits.TitlesInWrite).Select(_ => Guid.NewGuid()).ToArray();

        var answer = await BatchAsync([.. ids.Select((id, index) => $$"""{"contentId": "{{id}}", "episode": {{index}}}""")]);

        Assert.Equal((200, """{"stored":500}"""), (answer.Status, answer.Text));
        Assert.Equal(499, (await GetAsync($"/titles/{ids[499]}")).Json.GetProperty("episode").GetInt32());
        Problem.Assert(await BatchAsync([.. ids.Append(Title).Select(id => $$"""{"contentId": "{{id}}"}""")]), 400, "titles");
        Problem.Assert(await GetAsync(Path), 404);
        Assert.Equal(499, (await GetAsync($"/titles/{ids[499]}")).Json.GetProperty("episode").GetInt32());
    }

    [Theory]
    [InlineData("{}", "titles")]
    [InlineData("""{"titles": null}""", "titles")]
    [InlineData("""{"titles": []}""", "titles")]
    [InlineData("""{"titles": {}}""", "titles")]
    [InlineData("""{"titles": "x"}""", "titles")]
    [InlineData("""{"titles": [1]}""", "titles[0]")]
    [InlineData("""{"titles": [null]}""", "titles[0]")]
    [InlineData("""{"titles": [[{}]]}""", "titles[0]")]
    [InlineData("""{"titles": [{}]}""", "titles[0].contentId")]
    [InlineData("""{"titles": [{"contentId": null}]}""", "titles[0].contentId")]
    [InlineData("""{"titles": [{"contentId": "01234567-89ab-cdef-0123-456789abcdef"}, {"season": 1}]}""", "titles[1].contentId")]
    [InlineData("""{"titles": [{"season": 1, "season": 2, "contentId": "01234567-89ab-cdef-0123-456789abcdef"}]}""", "titles[0].season")]
    [InlineData("""{"titles": [{"contentId": "01234567-89ab-cdef-0123-456789abcdef"}], "titles": []}""", "titles")]
    [InlineData("""{"titles": [{"contentId": "01234567-89ab-cdef-0123-456789abcdef"}}""", "body")]
    public async Task A_batch_that_is_none_is_refused(string body, string field)
    {
        Problem.Assert(await Service.PutAsync("/titles", Catalogue, body), 400, field);
        Problem.Assert(await GetAsync("/titles/01234567-89ab-cdef-0123-456789abcdef"), 404);
    }

    [Fact]
    public async Task A_title_given_twice_is_refused_and_nothing_is_stored()
    {
        var title = $$"""{"contentId": "{{Title}}"}""";

        Problem.Assert(await BatchAsync(title, $$"""{"contentId": "{{Guid.NewGuid()}}"}""", title), 400, "titles[2].contentId");
        Problem.Assert(await GetAsync(Path), 404);
    }

    [Fact]
    public async Task A_batch_has_256_KiB_at_most_and_a_title_16()
    {
        var title = $$"""{"contentId": "{{Title}}"}""";

        Assert.Equal(200, (await BatchAsync(title, Padded(256 * 1024))).Status);
        Problem.Assert(await BatchAsync(title, Padded(256 * 1024 + 1)), 413);
        Problem.Assert(await Service.PutAsync(Path, Catalogue, $"{{{new string(' ', 16 * 1024)}}}"), 413);

        string Padded(int bytes)
        {
            var other = $$"""{"contentId": "{{Guid.NewGuid()}}"}""";
            var missing = bytes - Encoding.UTF8.GetByteCount(Batch(title, other));
            return $"{new string(' ', missing)}{other}";
        }
    }

    [Fact]
    public async Task What_is_not_called_JSON_is_not_read()
    {
        using var text = new StringContent("{}");
        Problem.Assert(await Service.SendAsync(HttpMethod.Put, Path, Catalogue, text), 415);
    }

    [Fact]
    public async Task The_titles_are_not_listed()
    {
        var answer = await GetAsync("/titles");

        Assert.Equal(405, answer.Status);
        Assert.Equal(["PUT"], answer.Allow);
    }

    private static string Batch(params string[] titles) => $$"""{"titles": [{{string.Join(',', titles)}}]}""";

    private Task<Answer> BatchAsync(params string[] titles) => Service.PutAsync("/titles", Catalogue, Batch(titles));
}
