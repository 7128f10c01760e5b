using ContinueWatching.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ContinueWatching.Browser.Tests;

/// <summary>The page as such: for every eye, hand and screen, small, and closed to strangers.</summary>
[Collection(OneBrowser.Name)]
public sealed class PageTests(Chromium chromium)
{
    private const int MaxBytesWithoutVideos = 300_000;

    private const long MaxBytesOfFilms = 8_000_000;

    private static readonly string[] _grave = ["serious", "critical"];

    [Theory]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    public async Task Nothing_on_it_shuts_anybody_out(int width, ColorScheme scheme)
    {
        await using var context = await chromium.NewContextAsync(width, 900, scheme);
        var page = await Page.OpenAsync(chromium.Service, context);
        await AssertAccessibleAsync(page, "at home");

        await page.Tv.PlayAsync(Films.NightTrain);
        await page.Tv.SeekAsync(20);
        await page.Tv.PauseAsync();
        await page.Phone.PlayAsync(Films.NightTrain, "row");
        await page.Phone.SeekAsync(60);
        await Expect(page.Tv.Banner).ToContainTextAsync("You are ahead on the phone");
        await page.Phone.PauseAsync();
        await AssertAccessibleAsync(page, "while it plays, with an offer");

        await page.Phone.BackAsync();
        await page.Phone.Button("Hide Night Train").ClickAsync();
        await Expect(page.Phone.Button("Undo")).ToBeFocusedAsync();
        await AssertAccessibleAsync(page, "with a film hidden");

        await page.Phone.Card("all", Films.LowTide).GetByRole(AriaRole.Button, new() { Name = "Why? Low Tide" }).ClickAsync();
        await Expect(page.Browser.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await AssertAccessibleAsync(page, "while it says why");
        page.AssertQuiet();
    }

    [Theory]
    [InlineData(360)]
    [InlineData(768)]
    [InlineData(1440)]
    [InlineData(3840)]
    public async Task It_fits_every_screen(int width)
    {
        await using var context = await chromium.NewContextAsync(width, 800);
        var page = await Page.OpenAsync(chromium.Service, context);

        var wide = await page.Browser.EvaluateAsync<int>("document.documentElement.scrollWidth");

        Assert.InRange(wide, 0, width);
        await Expect(page.Tv.Button("Play: Night Train")).ToBeVisibleAsync();
        await Expect(page.Phone.Button("Play: Night Train")).ToBeVisibleAsync();
        page.AssertQuiet();
    }

    [Fact]
    public async Task It_is_small()
    {
        await using var context = await chromium.NewContextAsync(1440, 1000);
        var page = await Page.OpenAsync(chromium.Service, context);
        await page.Browser.WaitForLoadStateAsync(LoadState.Load);
        // With the player of the film that is streamed, which is fetched when it is opened.
        await page.Tv.PlayAsync(Films.TheLongField);

        var bytes = await page.Browser.EvaluateAsync<int>(
            """
            () => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
              .filter(entry => !/[.](mp4|webm|m4s|m3u8)$/.test(entry.name)).reduce((sum, entry) => sum + entry.encodedBodySize, 0)
            """);

        Assert.InRange(bytes, 50_000, MaxBytesWithoutVideos);
        var films = new DirectoryInfo(Path.Combine(ServiceProcess.RepositoryRoot(), "src/Standalone/wwwroot/films"));
        Assert.InRange(films.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length), 1, MaxBytesOfFilms);
    }

    [Fact]
    public async Task Everything_can_be_done_with_the_keyboard_alone()
    {
        await using var context = await chromium.NewContextAsync();
        var page = await Page.OpenAsync(chromium.Service, context);
        var keyboard = page.Browser.Keyboard;

        await TabToAsync(page, page.Tv.Button("Play: Night Train"));
        await keyboard.PressAsync("Enter");
        await Expect(page.Tv.Button("Pause")).ToBeFocusedAsync();
        await page.Tv.ReachesAsync(2);
        await keyboard.PressAsync("Enter");
        await Expect(page.Tv.Button("Play")).ToBeVisibleAsync();
        await keyboard.PressAsync("Tab");
        await keyboard.PressAsync("Home");
        await keyboard.PressAsync("PageUp");
        await page.Tv.ReachesAsync(5);
        await Expect(page.Tv.Card("row", Films.NightTrain)).ToHaveCountAsync(1);
        await keyboard.PressAsync("Escape");
        await Expect(page.Tv.Card("row", Films.NightTrain).Locator(".open")).ToBeFocusedAsync();

        await TabToAsync(page, page.Tv.Card("all", Films.NightTrain).Locator(".open"));
        await keyboard.PressAsync("ArrowRight");
        await Expect(page.Tv.Card("all", Films.FirstEpisode).Locator(".open")).ToBeFocusedAsync();

        await TabToAsync(page, page.Phone.Button("Hide Night Train"));
        await keyboard.PressAsync("Enter");
        await Expect(page.Phone.Button("Undo")).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");
        await Expect(page.Phone.Card("row", Films.NightTrain)).ToBeVisibleAsync();
        page.AssertQuiet();
    }

    [Fact]
    public async Task Strange_content_is_text_whatever_it_says()
    {
        const string strange = "<svg/onload=document.title='owned'>";
        await using var context = await chromium.NewContextAsync();
        var page = await Page.OpenAsync(chromium.Service, context);
        var unknown = Guid.NewGuid().ToString();
        await page.Tv.PlayAsync(Films.LowTide);
        await page.Tv.ReachesAsync(1.5);
        await page.Tv.PauseAsync();

        await chromium.Service.ReportAsync(page.User, unknown, 30, strange);
        await chromium.Service.ReportAsync(page.User, Films.LowTide, 40, strange);

        await Expect(page.Tv.Banner).ToContainTextAsync($"You are ahead on {strange}, at 0:40.");
        await Expect(page.Phone.Card("row", Films.LowTide)).ToContainTextAsync(strange);
        await Expect(page.Phone.Card("row", unknown)).ToContainTextAsync(unknown);
        Assert.Equal(0, await page.Browser.Locator("[onload]").CountAsync());
        Assert.Equal("Continue Watching", await page.Browser.TitleAsync());
        page.AssertQuiet();
    }

    [Fact]
    public async Task Its_policy_lets_no_text_become_a_program()
    {
        await using var context = await chromium.NewContextAsync();
        var page = await Page.OpenAsync(chromium.Service, context);

        var html = await page.Browser.EvaluateAsync<string>("() => { try { document.body.innerHTML = '<p>'; return 'taken'; } catch (refused) { return refused.name; } }");
        await page.Browser.EvaluateAsync(
            "() => { const script = document.createElement('script'); script.append('document.title = \"owned\"'); document.body.append(script); }");

        Assert.Equal("TypeError", html);
        Assert.Equal("Continue Watching", await page.Browser.TitleAsync());
    }

    private static async Task AssertAccessibleAsync(Page page, string when)
    {
        // What is on its way in is not read yet.
        await page.Browser.EvaluateAsync("() => Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => {})))");
        var found = await page.Browser.RunAxe();
        Assert.Empty(found.Violations
            .Where(violation => _grave.Contains(violation.Impact))
            .Select(violation => $"{when}: {violation.Id}: {string.Join(' ', violation.Nodes.Select(node => node.Html))}"));
    }

    private static async Task TabToAsync(Page page, ILocator wanted)
    {
        const int enough = 120;
        for (var presses = 0; presses < enough; presses++)
        {
            if (await wanted.CountAsync() > 0 && await wanted.EvaluateAsync<bool>("element => element === document.activeElement"))
                return;
            await page.Browser.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"{wanted} is not reached by the keyboard.");
    }
}
