namespace ContinueWatching.Api.Tests;

/// <summary>The history by pages.</summary>
public sealed class HistoryTests(RunningService running) : ApiTest(running)
{
    [Theory]
    [InlineData("x")]
    [InlineData("NR/E4gWEx423EiuSD01CJF/e/ZH/FeW3")]
    [InlineData("PKTZ%2FDRTL%2BJoFUYOODaJlXBG6kFvuAFd")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%20")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%C3%A9")]
    public async Task A_cursor_that_no_page_answered_is_refused(string cursor) =>
        await RefusesAsync(400, "after", () => GetAsync($"/users/me/history?after={cursor}"));
}
