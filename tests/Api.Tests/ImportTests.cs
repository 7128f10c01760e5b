using System.Text.Json;
using System.Text.Json.Nodes;

namespace ContinueWatching.Api.Tests;

/// <summary>Data that comes in by the thousand: in chunks, each told when it is stored.</summary>
public sealed class ImportTests(RunningService running) : ApiTest(running)
{
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

    private async Task<JsonElement[]> ImportAsync(JsonArray entries)
    {
        var answer = await Service.PutAsync($"/users/{User}/import", Token, entries.ToJsonString());
        Assert.Equal(200, answer.Status);
        return [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
