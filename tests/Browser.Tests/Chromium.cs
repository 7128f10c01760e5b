using Microsoft.Playwright;

namespace ContinueWatching.Browser.Tests;

/// <summary>The machine's Chromium, and one Standalone that all tests here share; each test has a viewer of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    // The first of these that there is, unless the environment names another.
    private const string Variable = "CONTINUEWATCHING_CHROMIUM";
    private static readonly string[] _places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // A busy machine is slow; what does not come in this time does not come.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    internal Service Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable(Variable) ?? _places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"There is no Chromium on this machine. Install one (Debian: chromium), or name it in {Variable}.");
        Assertions.SetDefaultExpectTimeout((float)_patience.TotalMilliseconds);
        Service = await Service.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = ["--no-sandbox"] });
    }

    /// <summary>A browser of a viewer's own.</summary>
    internal async Task<IBrowserContext> NewContextAsync(int width = 1440, int height = 1000, ColorScheme scheme = ColorScheme.Light) =>
        await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await Service.DisposeAsync();
    }
}

/// <summary>The tests share one browser, and run one after the other: two at a time would play their videos in jerks.</summary>
[CollectionDefinition(Name)]
public sealed class OneBrowser : ICollectionFixture<Chromium>
{
    public const string Name = "One browser";
}
