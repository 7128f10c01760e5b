using System.Text.Json.Nodes;

namespace ContinueWatching.Api.Tests.Sequences;

/// <summary>
/// A series of three seasons with ten episodes each, watched out of order, in part, to the end and again, on two devices, an hour between
/// one and the next, films in between: after every step the row is the naive model's.
/// </summary>
public sealed class BingeTests(RunningService running) : ApiTest(running)
{
    private const int Episodes = 30;
    private const int Films = 3;
    private const long Duration = 1_500_000;
    private const long CreditsStart = 1_440_000;
    private const int Steps = 150;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_row_is_right_after_every_step_of_a_binge(int seed)
    {
        var random = new Random(seed);
        var viewer = new Viewer(Service, Tokens);
        var ids = Enumerable.Range(0, Episodes + Films).Select(_ => Guid.NewGuid()).ToArray();
        var catalogue = Enumerable.Range(0, Episodes).ToDictionary(
            episode => episode, episode => new ModelTitle(Duration, CreditsStart, "series", episode + 1 < Episodes ? episode + 1 : null));
        var model = new UserModel(catalogue, title => $"{ids[title]}");
        await viewer.CatalogueAsync([.. catalogue.Select(title => ToJson(title.Key, title.Value, ids))]);
        var now = Now.ToUnixTimeMilliseconds();
        var next = 0;

        for (var step = 0; step < Steps; step++)
        {
            // Mostly on to the next one; now and then any other, or a film; mostly to the end.
            next = random.Next(10) switch
            {
                < 6 => (next + 1) % Episodes,
                < 9 => random.Next(Episodes),
                _ => Episodes + random.Next(Films),
            };
            var at = now - ((Steps - step) * 3_600_000L);
            var position = random.Next(3) > 0 ? CreditsStart + random.Next(1_000, 50_000) : random.Next(2_000, 1_400_000);
            var device = random.Next(2) == 0 ? "tv" : "phone";
            var outcome = model.Report(new ModelReport(next, device, at, position, Duration));

            var told = await viewer.ReportAsync(ids[next], position / 1000.0, device, Duration / 1000.0, Now - DateTimeOffset.FromUnixTimeMilliseconds(at));

            Assert.Equal(outcome, told.Outcome);
            Assert.Equal(
                model.Row().Select(entry => $"{Array.IndexOf(ids, ids[entry.Title])} at {entry.Position / 1000.0}"),
                (await viewer.RowAsync()).Select(entry => $"{Array.IndexOf(ids, entry.Title)} at {entry.ResumeFrom}"));
            next = next < Episodes ? next : random.Next(Episodes);
        }
    }

    private static JsonObject ToJson(int episode, ModelTitle title, Guid[] ids) => new()
    {
        ["contentId"] = $"{ids[episode]}",
        ["kind"] = "episode",
        ["duration"] = title.Duration / 1000.0,
        ["creditsStart"] = title.CreditsStart / 1000.0,
        ["seriesId"] = title.Series,
        ["season"] = (episode / 10) + 1,
        ["episode"] = (episode % 10) + 1,
        ["nextContentId"] = title.Next is { } next ? $"{ids[next]}" : null,
    };
}
