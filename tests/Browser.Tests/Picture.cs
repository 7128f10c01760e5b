using ContinueWatching.Testing;
using Microsoft.Playwright;

namespace ContinueWatching.Browser.Tests;

/// <summary>The picture at the top of the README: made by the tests when the environment says so, since no two runs make the same.</summary>
internal static class Picture
{
    private const string Variable = "CONTINUEWATCHING_PICTURES";
    private const string Path = "docs/images/two-screens.png";

    /// <summary>The phone at home, with its row, beside the film and the offer on the television.</summary>
    public static async Task TakeAsync(Page page, Service service)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 })
            return;
        await service.ReportAsync(page.User, Films.FirstEpisode, 35, "phone");
        await service.ReportAsync(page.User, Films.NightTrain, 58, "tv");
        await page.Phone.BackAsync();
        await page.Tv.Button("Play").ClickAsync();
        await Assertions.Expect(page.Phone.Row).ToHaveCountAsync(3);
        await page.Tv.ReachesAsync(26);
        await page.Browser.SetViewportSizeAsync(1340, 1010);
        await page.Browser.Mouse.MoveAsync(0, 0);
        await page.Browser.EvaluateAsync("() => document.querySelectorAll('option:checked').forEach(option => option.textContent = 'Ada')");
        await page.Browser.EvaluateAsync("() => Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => {})))");
        await page.Browser.ScreenshotAsync(new() { Path = System.IO.Path.Combine(ServiceProcess.RepositoryRoot(), Path), Scale = ScreenshotScale.Css });
    }
}
