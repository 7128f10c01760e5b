using static Microsoft.Playwright.Assertions;

namespace ContinueWatching.Browser.Tests;

/// <summary>The process is killed under a playing video.</summary>
[Collection(OneBrowser.Name)]
public sealed class RecoveryTests(Chromium chromium)
{
    [Fact]
    public async Task A_film_plays_on_while_the_service_is_gone_and_the_page_recovers_by_itself()
    {
        await using var service = await Service.StartAsync();
        await using var context = await chromium.NewContextAsync();
        var page = await Page.OpenAsync(service, context);
        await page.Tv.PlayAsync(Films.NightTrain);
        await page.Browser.WaitForFunctionAsync(
            "video => video.buffered.length && video.buffered.end(video.buffered.length - 1) >= video.duration - 1", await page.Tv.Video.ElementHandleAsync());
        await page.Tv.ReachesAsync(2);
        page.AssertQuiet();

        await service.KillAsync();
        await Expect(page.Tv.Live).ToHaveTextAsync("Connecting");
        await page.Tv.SeekAsync(40);
        await page.Tv.ReachesAsync(42);
        await service.StartAgainAsync();

        await Expect(page.Tv.Live).ToHaveTextAsync("Live", new() { Timeout = 40_000 });
        await Expect(page.Phone.Live).ToHaveTextAsync("Live", new() { Timeout = 40_000 });
        Assert.False(await page.Tv.Video.EvaluateAsync<bool>("video => video.paused"));
        var paused = await page.Tv.PauseAsync();
        await Expect(page.Phone.Card("row", Films.NightTrain)).ToContainTextAsync(Screen.Time(paused));
        Assert.InRange(await page.Phone.PlayAsync(Films.NightTrain, "row"), paused - 1, paused + 1);
    }
}
