using System.Text.Json;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>An app asks where to go on, for titles it names and for the row.</summary>
public sealed class ReadTests(RunningService running) : ApiTest(running)
{
    private readonly Guid[] _watched = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
    private readonly Guid _unwatched = Guid.NewGuid();

    public override async Task InitializeAsync()
    {
        foreach (var title in _watched)
            Assert.Equal(200, (await PutAsync(Report.With("contentId", $"\"{title}\""))).Status);
    }

    [Fact]
    public async Task A_place_is_told_in_seconds_with_its_moment()
    {
        await PutAsync(Report.With("resumeFrom", "1325.412345").With("duration", "5400").With("deviceId", "\"tv\""));

        var place = (await PlaceAsync())!.Value;

        Assert.Equal(
            ["contentId", "resumeFrom", "duration", "completed", "playCount", "watchedAt", "deviceId", "elsewhere"],
            place.EnumerateObject().Select(member => member.Name));
        Assert.Equal("1325.412", place.GetProperty("resumeFrom").GetRawText());
        Assert.Equal("5400", place.GetProperty("duration").GetRawText());
        Assert.Equal("tv", place.GetProperty("deviceId").GetString());
        Assert.EndsWith("Z", place.GetProperty("watchedAt").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_without_duration_and_device_leaves_both_out()
    {
        var place = (await PlaceAsync(_watched[0]))!.Value;

        Assert.Equal(["contentId", "resumeFrom", "completed", "playCount", "watchedAt", "elsewhere"], place.EnumerateObject().Select(member => member.Name));
    }

    // T0, T1 and T2 stand for the watched titles, Tx for one that nobody has watched.
    [Theory]
    [InlineData("contentId=T0", "0")]
    [InlineData("contentId=T0&contentId=T1&contentId=T2", "0 1 2")]
    [InlineData("contentId=T2&contentId=T0&contentId=T1", "2 0 1")]
    [InlineData("contentId=T2,T0,T1", "2 0 1")]
    [InlineData("contentId=T2%2CT0%2cT1", "2 0 1")]
    [InlineData("contentId=T1,T0&contentId=T2", "1 0 2")]
    [InlineData("contentId=T2&contentId=T1,T0", "2 1 0")]
    [InlineData("contentId=Tx,T0,Tx", "0")]
    [InlineData("contentId=Tx", "")]
    [InlineData("contentId=T1,T0,T1,T1&contentId=T1&contentId=T0,T2", "1 0 2")]
    [InlineData("unknown=7&contentId=T0", "0")]
    [InlineData("CONTENTID=T0", "0")]
    public async Task Titles_are_answered_in_the_order_asked_each_once(string query, string expected)
    {
        var answer = await GetAsync($"/getWatchStatus?userId={User}&{Fill(query)}");

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(expected, Told(answer));
    }

    [Theory]
    [InlineData("""{"userId": "U", "contentId": "T0"}""", "0")]
    [InlineData("""{"userId": "U", "contentId": ["T0"]}""", "0")]
    [InlineData("""{"userId": "U", "contentId": ["T2", "T0", "Tx", "T1", "T0"]}""", "2 0 1")]
    [InlineData("""{"contentId": "T2,T0", "userId": "me"}""", "2 0")]
    [InlineData("""{"contentId": ["T2,T0", "T1"], "userId": "me", "more": [{"contentId": 1}]}""", "2 0 1")]
    public async Task The_same_may_be_asked_in_a_body(string body, string expected)
    {
        var json = Fill(body.Replace("\"U\"", $"\"{User}\"", StringComparison.Ordinal));

        var answer = await AskAsync(json);

        Assert.Equal(200, answer.Status);
        Assert.Equal(expected, Told(answer));
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_read_too()
    {
        var body = $$"""{"userId": "{{User}}", "contentId": "{{_watched[0]}}"}""";

        var answer = await SendAsync(
            HttpMethod.Get, "/getWatchStatus", System.Text.Encoding.UTF8.GetBytes(body), "application/json", chunked: true);

        Assert.Equal("0", Told(answer));
    }

    [Fact]
    public async Task A_hundred_titles_may_be_asked_for_in_each_form()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => $"{Guid.NewGuid()}").ToList();

        Assert.Equal(200, (await GetAsync($"/getWatchStatus?userId=me&contentId={string.Join(',', ids)}")).Status);
        Assert.Equal(200, (await GetAsync($"/getWatchStatus?userId=me&{string.Join('&', ids.Select(id => $"contentId={id}"))}")).Status);
        Assert.Equal(200, (await AskAsync(JsonSerializer.Serialize(new { userId = "me", contentId = ids }))).Status);
    }

    [Fact]
    public async Task A_user_named_twice_alike_is_one_user() =>
        Assert.Equal("0", Told(await GetAsync($"/getWatchStatus?userId={User}&userId={User}&contentId={_watched[0]}")));

    [Fact]
    public async Task Me_is_the_tokens_user() =>
        Assert.Equal("0", Told(await GetAsync($"/getWatchStatus?userId=me&contentId={_watched[0]}")));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_row_is_newest_first(bool asMe)
    {
        var answer = await GetAsync($"/users/{(asMe ? "me" : User)}/continue-watching");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["items"], answer.Json.EnumerateObject().Select(member => member.Name));
        var items = answer.Json.GetProperty("items");
        Assert.Equal(["contentId", "resumeFrom", "watchedAt", "reason"], items[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            _watched.Reverse().Select(id => $"{id}"), items.EnumerateArray().Select(item => item.GetProperty("contentId").GetString()));
    }

    [Fact]
    public async Task The_row_shows_ten_unfinished_titles_and_what_leaves_makes_room()
    {
        var more = Enumerable.Range(0, 8).Select(_ => Guid.NewGuid()).ToList();
        foreach (var title in more)
            await PutAsync(Report.With("contentId", $"\"{title}\"").With("duration", "5400"));
        var full = await RowAsync();
        await PutAsync(Report.With("contentId", $"\"{more[^1]}\"").With("resumeFrom", "5399").With("duration", "5400"));
        var after = await RowAsync();

        Assert.Equal(10, full.Count);
        Assert.DoesNotContain($"{_watched[0]}", full);
        Assert.Equal(10, after.Count);
        Assert.DoesNotContain($"{more[^1]}", after);
        Assert.Equal($"{_watched[0]}", after[^1]);
    }

    [Fact]
    public async Task Who_has_watched_nothing_has_an_empty_row_and_no_places()
    {
        var token = Tokens.Of($"new-{Guid.NewGuid():N}");

        Assert.Equal("""{"items":[]}""", (await GetAsync("/users/me/continue-watching", token)).Text);
        Assert.Equal("[]", (await GetAsync($"/getWatchStatus?userId=me&contentId={_watched[0]}", token)).Text);
    }

    private async Task<IReadOnlyList<string?>> RowAsync()
    {
        var answer = await GetAsync("/users/me/continue-watching");
        return [.. answer.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("contentId").GetString())];
    }

    private string Fill(string text) =>
        Letters().Aggregate(text, (filled, letter) => filled.Replace($"T{letter.Letter}", $"{letter.Id}", StringComparison.Ordinal));

    private string Told(Answer answer) => string.Join(' ', answer.Json.EnumerateArray()
        .Select(place => Letters().Single(letter => $"{letter.Id}" == place.GetProperty("contentId").GetString()).Letter));

    private IEnumerable<(char Letter, Guid Id)> Letters() =>
        [('0', _watched[0]), ('1', _watched[1]), ('2', _watched[2]), ('x', _unwatched)];
}
