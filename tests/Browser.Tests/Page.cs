using Microsoft.Playwright;

namespace ContinueWatching.Browser.Tests;

/// <summary>The page, opened by a viewer. What it says on the console is kept: it is to say nothing.</summary>
internal sealed class Page
{
    private readonly List<string> _complaints = [];

    private Page(IPage page, string user)
    {
        (Browser, User) = (page, user);
        Tv = new Screen(page, page.Locator(".device.tv"));
        Phone = new Screen(page, page.Locator(".device.phone"));
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _complaints.Add($"{message.Type}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _complaints.Add(error);
    }

    public IPage Browser { get; }

    public string User { get; }

    public Screen Tv { get; }

    public Screen Phone { get; }

    /// <summary>What the console was told, errors and warnings.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>A viewer whom nobody else is.</summary>
    public static string NewUser() => $"viewer-{Guid.NewGuid():N}"[..14];

    /// <summary>Opens the page, and waits until both screens are live.</summary>
    public static async Task<Page> OpenAsync(Service service, IBrowserContext context, string? user = null)
    {
        var page = new Page(await context.NewPageAsync(), user ?? NewUser());
        await page.Browser.GotoAsync(new Uri(service.Url, $"/?user={page.User}").ToString());
        await page.LiveAsync();
        return page;
    }

    public async Task LiveAsync()
    {
        await Assertions.Expect(Tv.Live).ToHaveTextAsync("Live");
        await Assertions.Expect(Phone.Live).ToHaveTextAsync("Live");
    }

    /// <summary>The page is put away and taken up again, as its browser tells it.</summary>
    public Task HideAndShowAsync() => Browser.EvaluateAsync(
        """
        () => {
          for (const state of ['hidden', 'visible']) {
            Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
            document.dispatchEvent(new Event('visibilitychange'));
          }
        }
        """);

    /// <summary>Nothing went wrong that only the console knows of.</summary>
    public void AssertQuiet() => Assert.Empty(_complaints);
}

/// <summary>One of the two screens, as a viewer uses it.</summary>
internal sealed class Screen(IPage page, ILocator root)
{
    public ILocator Root => root;

    public ILocator Live => root.Locator(".live");

    public ILocator Row => root.Locator("[data-list=row] .card");

    public ILocator Video => root.Locator("video");

    public ILocator Banner => root.Locator(".banner");

    public ILocator Button(string name) => root.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>A title's card in the row, in the list or among all films: <c>row</c>, <c>list</c>, <c>all</c>.</summary>
    public ILocator Card(string list, string contentId) => root.Locator($"[data-list={list}] [data-title='{contentId}']");

    /// <summary>Opens a title, and tells at which second it began to play.</summary>
    public async Task<double> PlayAsync(string contentId, string list = "all")
    {
        await Video.EvaluateAsync("video => { delete video.began; video.addEventListener('playing', () => video.began ??= video.currentTime, { once: true }); }");
        await Card(list, contentId).Locator(".open").ClickAsync();
        return await BeganAsync();
    }

    public async Task<double> BeganAsync()
    {
        await page.WaitForFunctionAsync("video => video.began !== undefined", await Video.ElementHandleAsync());
        return await Video.EvaluateAsync<double>("video => video.began");
    }

    /// <summary>How far the video is loaded, in seconds.</summary>
    public Task<double> LoadedAsync() => Video.EvaluateAsync<double>("video => video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0");

    /// <summary>Waits until the video has got so far.</summary>
    public async Task ReachesAsync(double seconds) =>
        await page.WaitForFunctionAsync("([video, seconds]) => video.currentTime >= seconds", new object?[] { await Video.ElementHandleAsync(), seconds });

    /// <summary>Drags the slider there.</summary>
    public Task SeekAsync(double seconds) =>
        root.GetByRole(AriaRole.Slider).FillAsync(seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Pauses, and tells where.</summary>
    public async Task<double> PauseAsync()
    {
        await Button("Pause").ClickAsync();
        await Assertions.Expect(Button("Play")).ToBeVisibleAsync();
        return await Video.EvaluateAsync<double>("video => video.currentTime");
    }

    /// <summary>How the page writes a second: 1:05.</summary>
    public static string Time(double seconds) => $"{(int)seconds / 60}:{(int)seconds % 60:00}";

    public Task BackAsync() => Button("Back").ClickAsync();

    public Task SwitchOfflineAsync() => root.GetByRole(AriaRole.Switch, new() { Name = "Offline" }).ClickAsync();
}
