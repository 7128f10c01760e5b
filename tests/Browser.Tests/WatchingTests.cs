using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ContinueWatching.Browser.Tests;

/// <summary>What the whole is for, as a viewer with two screens sees it.</summary>
[Collection(OneBrowser.Name)]
public sealed class WatchingTests(Chromium chromium) : IAsyncLifetime
{
    // How far from the place a screen may go on.
    private const double Near = 1;
    // What a page that is closed may lose: a place that near to the last one told is no news.
    private const double LostAtMost = 0.25;
    // How far a film may have played on a slow machine until somebody looks.
    private const double Meanwhile = 15;

    private IBrowserContext _context = null!;
    private Page _page = null!;

    private Service Service => chromium.Service;

    public async Task InitializeAsync()
    {
        _context = await chromium.NewContextAsync();
        _page = await Page.OpenAsync(Service, _context);
    }

    public async Task DisposeAsync() => await _context.DisposeAsync();

    [Theory]
    [InlineData(Films.NightTrain)]
    [InlineData(Films.TheLongField)]
    public async Task The_phone_goes_on_where_the_television_was_paused(string film)
    {
        await _page.Tv.PlayAsync(film);
        await _page.Tv.ReachesAsync(3);
        var paused = await _page.Tv.PauseAsync();

        var began = await _page.Phone.PlayAsync(film, "row");

        Assert.InRange(began, paused - Near, paused + Near);
        _page.AssertQuiet();
    }

    [Fact]
    public async Task Of_two_screens_the_last_one_moved_has_the_place_and_a_paused_one_does_not_take_it_back()
    {
        await _page.Tv.PlayAsync(Films.LowTide);
        await _page.Phone.PlayAsync(Films.LowTide);
        await _page.Phone.SeekAsync(40);
        await PlaceIsAsync(Films.LowTide, 40, "phone");
        await _page.Tv.SeekAsync(20);
        await PlaceIsAsync(Films.LowTide, 20, "tv");

        await _page.Tv.PauseAsync();
        await PlaceIsAsync(Films.LowTide, 20, "tv");
        await _page.Phone.SeekAsync(50);
        await PlaceIsAsync(Films.LowTide, 50, "phone");
        await _page.Phone.PauseAsync();

        // The television lies there, paused, is woken and put away: all that moves a page to report.
        await _page.Browser.EvaluateAsync("() => { document.dispatchEvent(new Event('visibilitychange')); window.dispatchEvent(new Event('pagehide')); }");
        await Expect(_page.Tv.Banner).ToContainTextAsync("You are ahead on the phone");
        await PlaceIsAsync(Films.LowTide, 50, "phone");
        _page.AssertQuiet();
    }

    [Fact]
    public async Task Who_is_ahead_on_the_phone_is_offered_to_jump_there()
    {
        await _page.Tv.PlayAsync(Films.LowTide);
        await _page.Tv.SeekAsync(24);
        await _page.Tv.PauseAsync();
        await _page.Phone.PlayAsync(Films.LowTide, "row");
        await _page.Phone.SeekAsync(45);
        await _page.Phone.PauseAsync();

        await Expect(_page.Tv.Banner).ToContainTextAsync("You are ahead on the phone, at 0:45.");
        await Picture.TakeAsync(_page);
        await _page.Tv.Button("Jump there").ClickAsync();

        await _page.Tv.ReachesAsync(45);
        await PlaceIsAsync(Films.LowTide, 45, "tv");
        await Expect(_page.Tv.Banner).ToBeEmptyAsync();
        _page.AssertQuiet();
    }

    [Fact]
    public async Task What_is_watched_offline_arrives_when_the_network_is_back()
    {
        await _page.Tv.PlayAsync(Films.NightTrain);
        await _page.Tv.ReachesAsync(2);
        await _page.Tv.SwitchOfflineAsync();
        await _page.Tv.SeekAsync(61);
        await _page.Tv.ReachesAsync(62);
        var paused = await _page.Tv.PauseAsync();
        Assert.InRange((await Service.PlaceAsync(_page.User, Films.NightTrain)).ResumeFrom, 0, 10);

        await _page.Tv.SwitchOfflineAsync();

        await Expect(_page.Phone.Card("row", Films.NightTrain)).ToContainTextAsync($"{Screen.Time(paused)} of 1:36");
        await PlaceIsAsync(Films.NightTrain, paused, "tv");
        await Expect(_page.Tv.Live).ToHaveTextAsync("Live");
        _page.AssertQuiet();
    }

    [Fact]
    public async Task A_reload_in_the_middle_goes_on_where_it_was()
    {
        await _page.Tv.PlayAsync(Films.NightTrain);
        await _page.Tv.ReachesAsync(4);
        await _page.Tv.Video.EvaluateAsync("video => addEventListener('pagehide', () => sessionStorage.setItem('left', video.currentTime))");

        await _page.Browser.ReloadAsync();
        await _page.LiveAsync();
        var began = await _page.Tv.PlayAsync(Films.NightTrain);

        var left = await _page.Browser.EvaluateAsync<double>("Number(sessionStorage.getItem('left'))");
        Assert.InRange(began, left - LostAtMost, left + Near);
        _page.AssertQuiet();
    }

    [Fact]
    public async Task The_end_of_an_episode_brings_the_next_one_here_and_into_the_row_there()
    {
        await _page.Tv.PlayAsync(Films.FirstEpisode);
        await _page.Tv.SeekAsync(35);

        await Expect(_page.Phone.Card("row", Films.SecondEpisode)).ToContainTextAsync("Next episode");
        await Expect(_page.Phone.Card("row", Films.FirstEpisode)).ToHaveCountAsync(0);
        await Expect(_page.Tv.Root.Locator(".watch-name")).ToHaveTextAsync("Paper Planets, episode 2");
        await _page.Tv.ReachesAsync(1);
        await _page.Tv.PauseAsync();
        Assert.Equal("tv", (await Service.PlaceAsync(_page.User, Films.FirstEpisode)).Device);
        Assert.InRange((await Service.PlaceAsync(_page.User, Films.FirstEpisode)).ResumeFrom, 35, 36);
        _page.AssertQuiet();
    }

    [Fact]
    public async Task A_hidden_film_leaves_both_rows_and_undo_brings_it_back()
    {
        await _page.Tv.PlayAsync(Films.LowTide);
        await _page.Tv.SeekAsync(20);

        // What is watched later brings it back: the last place has to be there before it is hidden.
        await PlaceIsAsync(Films.LowTide, await _page.Tv.PauseAsync(), "tv", within: 0.2);
        await _page.Tv.BackAsync();
        await Expect(_page.Phone.Card("row", Films.LowTide)).ToBeVisibleAsync();

        await _page.Phone.Button("Hide Low Tide").ClickAsync();

        await Expect(_page.Tv.Card("row", Films.LowTide)).ToHaveCountAsync(0);
        await Expect(_page.Phone.Card("row", Films.LowTide)).ToHaveCountAsync(0);
        await _page.Phone.Button("Undo").ClickAsync();
        await Expect(_page.Tv.Card("row", Films.LowTide)).ToBeVisibleAsync();
        await Expect(_page.Phone.Card("row", Films.LowTide)).ToBeVisibleAsync();
        _page.AssertQuiet();
    }

    [Fact]
    public async Task My_list_is_the_same_on_both_screens_and_each_card_says_why()
    {
        await _page.Tv.Card("all", Films.LowTide).GetByRole(AriaRole.Button, new() { Name = "Put Low Tide on my list" }).ClickAsync();
        await Expect(_page.Tv.Card("list", Films.LowTide)).ToBeVisibleAsync();
        await _page.Phone.Root.HoverAsync();
        await Expect(_page.Phone.Card("list", Films.LowTide)).ToBeVisibleAsync();

        await _page.Phone.Card("list", Films.LowTide).GetByRole(AriaRole.Button, new() { Name = "Why? Low Tide" }).ClickAsync();

        var dialog = _page.Browser.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("It was never watched.");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await Expect(dialog).ToBeHiddenAsync();
        _page.AssertQuiet();
    }

    [Fact]
    public async Task Two_tabs_of_one_screen_do_not_fight()
    {
        var other = await Page.OpenAsync(Service, _context, _page.User);
        await _page.Tv.PlayAsync(Films.NightTrain);
        await _page.Tv.SeekAsync(30);
        var paused = await _page.Tv.PauseAsync();
        await Expect(other.Tv.Card("row", Films.NightTrain)).ToContainTextAsync(Screen.Time(paused));

        Assert.InRange(await other.Tv.PlayAsync(Films.NightTrain, "row"), paused - Near, paused + Near);
        await other.Tv.SeekAsync(70);
        await other.Tv.ReachesAsync(71);
        await other.Browser.CloseAsync(new() { RunBeforeUnload = false });

        // The tab that was paused before is closed last, and says nothing.
        await Expect(_page.Phone.Card("row", Films.NightTrain)).ToContainTextAsync("1:1");
        await _page.Browser.ReloadAsync();
        await _page.LiveAsync();
        Assert.InRange((await Service.PlaceAsync(_page.User, Films.NightTrain)).ResumeFrom, 71, 80);
        Assert.Equal(0, await _page.Browser.EvaluateAsync<int>("Object.keys(localStorage).length"));
        Assert.Empty(other.Complaints);
        _page.AssertQuiet();
    }

    private async Task PlaceIsAsync(string film, double seconds, string device, double within = Meanwhile)
    {
        // The page says when a report was answered; the service is asked what it knows then.
        await Expect(_page.Browser.Locator(".entry", new() { HasText = "→ applied" }).First).ToBeVisibleAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var place = await Service.PlaceAsync(_page.User, film);
        while ((place.Device != device || Math.Abs(place.ResumeFrom - seconds) > within) && !limit.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
            place = await Service.PlaceAsync(_page.User, film);
        Assert.Equal(device, place.Device);
        Assert.InRange(place.ResumeFrom, seconds - Near, seconds + within);
    }
}
