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

        // The television lies there, paused, is put away and woken: all that moves a page to report. What it had sent would be there before
        // what is told afterwards.
        await _page.HideAndShowAsync();
        await _page.LiveAsync();
        await Expect(_page.Tv.Banner).ToContainTextAsync("You are ahead on the phone");
        await _page.HideAndShowAsync();
        await _page.LiveAsync();
        await Service.ReportAsync(_page.User, Films.NightTrain, 30, "tablet");
        await Expect(_page.Tv.Card("row", Films.NightTrain)).ToContainTextAsync("0:30");
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
        await Picture.TakeAsync(_page, Service);
        await _page.Tv.Button("Jump there").ClickAsync();

        await _page.Tv.ReachesAsync(45);
        await PlaceIsAsync(Films.LowTide, 45, "tv");
        await Expect(_page.Tv.Banner).ToBeEmptyAsync();
        _page.AssertQuiet();
    }

    [Fact]
    public async Task An_offer_is_kept_up_under_the_viewers_finger_and_who_stays_is_left_alone_until_they_move()
    {
        await _page.Tv.PlayAsync(Films.LowTide);
        await _page.Tv.SeekAsync(24);
        await _page.Tv.PauseAsync();
        await _page.Phone.PlayAsync(Films.LowTide, "row");
        await _page.Phone.PauseAsync();
        await _page.Phone.SeekAsync(45);
        await Expect(_page.Tv.Banner).ToContainTextAsync("at 0:45.");

        await _page.Tv.Button("Stay").FocusAsync();
        await _page.Phone.Root.GetByRole(AriaRole.Slider).EvaluateAsync(
            "slider => { slider.value = 50; slider.dispatchEvent(new Event('input')); }");
        await Expect(_page.Tv.Banner).ToContainTextAsync("at 0:50.");
        await Expect(_page.Tv.Button("Stay")).ToBeFocusedAsync();
        await _page.Browser.Keyboard.PressAsync("Enter");
        await Expect(_page.Tv.Banner).ToBeEmptyAsync();
        // The row behind has heard of it, and so would have the offer.
        await _page.Phone.SeekAsync(55);
        await Expect(_page.Tv.Card("row", Films.LowTide)).ToContainTextAsync("0:55");
        await Expect(_page.Tv.Banner).ToBeEmptyAsync();
        await _page.Tv.SeekAsync(30);
        await PlaceIsAsync(Films.LowTide, 30, "tv");
        await _page.Phone.SeekAsync(60);
        await Expect(_page.Tv.Banner).ToContainTextAsync("at 1:00.");
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
        // Who has the phone in hand meanwhile keeps it.
        await _page.Phone.Card("all", Films.LowTide).Locator(".open").FocusAsync();
        await Expect(_page.Tv.Root.Locator(".watch-name")).ToHaveTextAsync("Paper Planets, episode 2");
        await _page.Tv.ReachesAsync(1);
        await Expect(_page.Phone.Card("all", Films.LowTide).Locator(".open")).ToBeFocusedAsync();
        await _page.Tv.PauseAsync();
        Assert.Equal("tv", (await Service.PlaceAsync(_page.User, Films.FirstEpisode)).Device);
        Assert.InRange((await Service.PlaceAsync(_page.User, Films.FirstEpisode)).ResumeFrom, 35, 36);
        _page.AssertQuiet();
    }

    [Fact]
    public async Task Who_goes_back_into_an_episode_that_has_ended_is_not_sent_to_the_next_one()
    {
        await _page.Browser.Clock.InstallAsync();
        await _page.Tv.PlayAsync(Films.FirstEpisode);
        await _page.Tv.SeekAsync(35);
        var next = _page.Tv.Root.Locator(".after");
        await Expect(next).ToContainTextAsync("Next: Paper Planets, episode 2");

        await _page.Tv.SeekAsync(20);
        await Expect(next).ToBeEmptyAsync();
        await _page.Browser.Clock.RunForAsync(30_000);
        await Expect(_page.Tv.Root.Locator(".watch-name")).ToHaveTextAsync("Paper Planets, episode 1");
        // Nor who has been sent there, a second time, each second.
        await _page.Tv.SeekAsync(35);
        await _page.Tv.Button("Play").ClickAsync();
        await Expect(next).ToContainTextAsync("Next: Paper Planets, episode 2");
        await _page.Browser.Clock.RunForAsync(60_000);
        await Expect(_page.Tv.Root.Locator(".watch-name")).ToHaveTextAsync("Paper Planets, episode 2");
        _page.AssertQuiet();
    }

    [Fact]
    public async Task A_hidden_film_leaves_both_rows_and_undo_brings_it_back()
    {
        await _page.Tv.PlayAsync(Films.LowTide);
        await _page.Tv.SeekAsync(20);
        await _page.Tv.ReachesAsync(21);
        await Expect(_page.Tv.Card("row", Films.LowTide)).ToHaveCountAsync(1);

        // Its last place is still on its way.
        await _page.Tv.BackAsync();
        await _page.Tv.Button("Hide Low Tide").ClickAsync();

        await Expect(_page.Tv.Card("row", Films.LowTide)).ToHaveCountAsync(0);
        await Expect(_page.Phone.Card("row", Films.LowTide)).ToHaveCountAsync(0);
        await _page.Tv.Button("Undo").ClickAsync();
        await Expect(_page.Tv.Card("row", Films.LowTide)).ToBeVisibleAsync();
        await Expect(_page.Phone.Card("row", Films.LowTide)).ToBeVisibleAsync();
        _page.AssertQuiet();
    }

    [Fact]
    public async Task Nothing_that_was_said_to_one_viewer_is_there_for_the_next()
    {
        await _page.Tv.PlayAsync(Films.LowTide);
        await _page.Tv.SeekAsync(20);
        await _page.Tv.BackAsync();
        await _page.Tv.Button("Hide Low Tide").ClickAsync();
        await Expect(_page.Tv.Button("Undo")).ToBeVisibleAsync();

        await _page.Tv.Root.GetByRole(AriaRole.Combobox).SelectOptionAsync("ben");
        await Expect(_page.Tv.Button("Undo")).ToHaveCountAsync(0);
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
        await other.Tv.PlayAsync(Films.LowTide);
        await _page.Tv.SwitchOfflineAsync();
        await other.Tv.SwitchOfflineAsync();
        await _page.Tv.SeekAsync(30);
        await other.Tv.SeekAsync(40);
        await _page.Tv.ReachesAsync(31);
        await other.Tv.ReachesAsync(41);
        var paused = await _page.Tv.PauseAsync();
        var beside = await other.Tv.PauseAsync();
        Assert.Equal(2, await _page.Browser.EvaluateAsync<int>("Object.keys(localStorage).length"));
        // What both have put arrives, whichever of them sends it.
        await Task.WhenAll(_page.Tv.SwitchOfflineAsync(), other.Tv.SwitchOfflineAsync());
        await Expect(_page.Phone.Card("row", Films.NightTrain)).ToContainTextAsync(Screen.Time(paused));
        await Expect(_page.Phone.Card("row", Films.LowTide)).ToContainTextAsync(Screen.Time(beside));
        await Expect(other.Tv.Live).ToHaveTextAsync("Live");
        await other.Tv.BackAsync();

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
