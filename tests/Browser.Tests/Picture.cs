using ContinueWatching.Testing;
using Microsoft.Playwright;

namespace ContinueWatching.Browser.Tests;

/// <summary>The picture at the top of the README: made by the tests when the environment says so, since no two runs make the same.</summary>
internal static class Picture
{
    private const string Variable = "CONTINUEWATCHING_PICTURES";
    private const string Path = "docs/images/two-screens.png";

    public static async Task TakeAsync(Page page)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 })
            return;
        await page.Browser.SetViewportSizeAsync(1340, 1010);
        await page.Browser.Mouse.MoveAsync(0, 0);
        await page.Browser.EvaluateAsync("() => document.querySelectorAll('option:checked').forEach(option => option.textContent = 'Ada')");
        await page.Browser.EvaluateAsync("() => Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => {})))");
        await page.Browser.ScreenshotAsync(new() { Path = System.IO.Path.Combine(ServiceProcess.RepositoryRoot(), Path), Scale = ScreenshotScale.Css });
    }
}
