using static Microsoft.Playwright.Assertions;

namespace ContinueWatching.Browser.Tests;

/// <summary>The process is killed under a playing video, or what the video needs does not come.</summary>
[Collection(OneBrowser.Name)]
public sealed class RecoveryTests(Chromium chromium)
{
    [Fact]
    public async Task A_film_plays_on_while_the_service_is_gone_and_the_page_recovers_by_itself()
    {
        await using var service = await Service.StartAsync();
        await using var context = await chromium.NewContextAsync();
        var page = await Page.OpenAsync(service, context);
        await page.Tv.PlayAsync(Films.TheLongField);
        await page.Tv.ReachesAsync(2);
        page.AssertQuiet();

        await service.KillAsync();
        await Expect(page.Tv.Live).ToHaveTextAsync("Connecting");
        var loaded = Math.Floor(await page.Tv.LoadedAsync());
        Assert.InRange(loaded, 6, 55);
        await page.Tv.ReachesAsync(await page.Tv.Video.EvaluateAsync<double>("video => video.currentTime") + 1);
        var paused = await page.Tv.PauseAsync();
        await service.StartAgainAsync();

        // Nobody touches anything: what waited arrives.
        await Expect(page.Tv.Live).ToHaveTextAsync("Live", new() { Timeout = 40_000 });
        await Expect(page.Phone.Live).ToHaveTextAsync("Live", new() { Timeout = 40_000 });
        await Expect(page.Phone.Card("row", Films.TheLongField)).ToContainTextAsync($"{Screen.Time(paused)} of 1:00 · on the TV");
        var (resumeFrom, device) = await service.PlaceAsync(page.User, Films.TheLongField);
        Assert.Equal("tv", device);
        Assert.InRange(resumeFrom, paused - 0.25, paused + 0.25);

        // The film goes on beyond what was loaded before, and the phone where the television is.
        await page.Tv.Button("Play").ClickAsync();
        await page.Tv.SeekAsync(loaded + 1);
        await page.Tv.ReachesAsync(loaded + 2);
        paused = await page.Tv.PauseAsync();
        Assert.InRange(await page.Phone.PlayAsync(Films.TheLongField, "row"), paused - 1, paused + 1);
    }

    [Theory]
    [InlineData("**/vendor/hls*")]
    [InlineData("**/index.m3u8")]
    public async Task A_film_that_does_not_come_is_told_and_comes_when_the_network_is_back(string missing)
    {
        await using var context = await chromium.NewContextAsync();
        var page = await Page.OpenAsync(chromium.Service, context);
        await page.Browser.RouteAsync(missing, route => route.AbortAsync());
        await page.Tv.Card("all", Films.TheLongField).Locator(".open").ClickAsync();
        await Expect(page.Tv.Root).ToContainTextAsync("The Long Field does not come just now.");

        await page.Browser.UnrouteAsync(missing);
        await page.Tv.SwitchOfflineAsync();
        await Expect(page.Tv.Live).ToHaveTextAsync("Offline");
        await page.Tv.SwitchOfflineAsync();

        await page.Tv.ReachesAsync(1);
        // What the browser itself says of a request that was cut off is all that there is to say.
        Assert.All(page.Complaints, complaint => Assert.Contains("net::ERR_FAILED", complaint));
    }
}
