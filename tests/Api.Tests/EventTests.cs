using System.Diagnostics;
using System.Net;
using System.Reflection;
using ContinueWatching.Api.Events;
using ContinueWatching.Contracts;
using ContinueWatching.Testing;
using Orleans.Core.Internal;

namespace ContinueWatching.Api.Tests;

/// <summary>What an app hears that listens to its user's events.</summary>
public sealed class EventTests(RunningService running) : ApiTest(running)
{
    private IUserGrain Grain => Service.Grains.GetUser(UserId.Parse(User));

    [Fact]
    public async Task The_row_comes_first_as_the_route_of_the_row_answers_it()
    {
        await PutAsync(Report.With("duration", "5400").With("deviceId", "\"tv\""));

        using var events = await OpenAsync();
        var row = await events.NextAsync("row");

        Assert.Equal((await GetAsync("/users/me/continue-watching")).Text, row.Data.GetRawText());
        Assert.Equal("text/event-stream", events.Head.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-store, no-cache, private", events.Head.Headers.CacheControl?.ToString());
        Assert.Equal("no", Assert.Single(events.Head.Headers.GetValues("X-Accel-Buffering")));
        Assert.Contains("Authorization", events.Head.Headers.Vary);
    }

    [Fact]
    public async Task A_report_from_another_screen_shows_with_its_place_and_in_the_row()
    {
        using var events = await OpenAsync();
        Assert.Empty((await events.NextAsync("row")).Titles);

        await PutAsync(Report.With("duration", "5400").With("deviceId", "\"tv\""));

        var position = await events.NextAsync("position");
        Assert.Equal((Title, 100.0), (position.Title, position.ResumeFrom));
        Assert.Equal((await PlaceAsync())!.Value.GetRawText(), position.Data.GetRawText());
        Assert.Equal([Title], (await events.NextAsync("row")).Titles);
    }

    [Fact]
    public async Task A_title_that_is_watched_on_changes_its_place_only()
    {
        await PutAsync(Report);
        using var events = await OpenAsync();
        await events.NextAsync("row");

        await PutAsync(Report.With("resumeFrom", "200"));
        Assert.Equal(200, (await events.NextAsync("position")).ResumeFrom);
        await PutAsync(Report.With("resumeFrom", "300"));
        Assert.Equal(300, (await events.NextAsync("position")).ResumeFrom);
        await PutAsync(Report.With("resumeFrom", "5399").With("duration", "5400"));

        var (position, row) = await NextOfBothAsync(events);
        Assert.True(position.Data.GetProperty("completed").GetBoolean());
        Assert.Empty(row.Titles);
    }

    [Fact]
    public async Task The_row_comes_first_however_fast_a_title_is_watched_on()
    {
        var ended = false;
        var watching = WatchOnAsync();

        for (var stream = 0; stream < Limits.ObserversPerUser; stream++)
        {
            using var events = await OpenAsync();
            await events.NextAsync("row");
            await events.NextAsync("position");
        }

        Volatile.Write(ref ended, true);
        await watching;

        async Task WatchOnAsync()
        {
            for (var second = 1; !Volatile.Read(ref ended); second++)
                await Grain.ReportAsync(new Report(new ContentId(Title), TimeSpan.FromSeconds(second), Now));
        }
    }

    [Fact]
    public async Task A_change_that_comes_when_its_stream_has_gone_is_worth_no_line()
    {
        var grains = ReferenceRecorder.Around(Service.Grains, out var references);
        using var alarm = new Alarm(TimeProvider.System);
        var live = new LiveUser(
            grains, UserId.Parse(User), TimeProvider.System, Limits.Subscription, new Outbox(TimeProvider.System, alarm), alarm);
        await live.TryStartAsync(CancellationToken.None);
        await live.EndAsync();

        await references.Single().ChangedAsync(new UserChange(Guid.Empty, 1));

        // Calls are heard in their order: with a second one the first has been.
        var listener = new Listener();
        var second = Service.Grains.CreateObjectReference<IUserObserver>(listener);
        await second.ChangedAsync(new UserChange(Guid.Empty, 1));
        await listener.Heard.WaitAsync(TimeSpan.FromSeconds(30));
        Service.Grains.DeleteObjectReference<IUserObserver>(second);
    }

    [Fact]
    public async Task What_others_change_through_the_grain_shows()
    {
        await PutAsync(Report);
        using var events = await OpenAsync();
        await events.NextAsync("row");

        await Grain.HideAsync(new ContentId(Title));
        Assert.Empty((await events.NextAsync("row")).Titles);
        await Grain.RestoreAsync(new ContentId(Title));
        Assert.Equal([Title], (await events.NextAsync("row")).Titles);
        await Grain.ReportAsync(new Report(new ContentId(Title), TimeSpan.FromSeconds(250), Now));
        Assert.Equal(250, (await events.NextAsync("position")).ResumeFrom);
        await Grain.ForgetAsync(new ContentId(Title));

        var (forgotten, row) = await NextOfBothAsync(events);
        Assert.Equal($$"""{"contentId":"{{Title}}","resumeFrom":0,"completed":false}""", forgotten.Data.GetRawText());
        Assert.Empty(row.Titles);
    }

    [Fact]
    public async Task What_changes_beside_places_and_row_does_not_show()
    {
        using var events = await OpenAsync();
        await events.NextAsync("row");

        await Grain.AddToWatchlistAsync(new ContentId(Title));
        await Grain.PauseHistoryAsync(paused: true);
        await PutAsync(Report.With("resumeFrom", "100"));
        await Grain.PauseHistoryAsync(paused: false);
        await PutAsync(Report.With("resumeFrom", "200"));

        Assert.Equal(200, (await events.NextAsync("position")).ResumeFrom);
    }

    [Fact]
    public async Task A_title_is_told_once_a_second_and_its_last_place_always()
    {
        using var events = await OpenAsync();
        await events.NextAsync("row");
        var clock = Stopwatch.StartNew();
        var places = new List<(double Place, TimeSpan At)>();
        var reporting = ReportAsync(150);

        do
        {
            var position = await events.NextAsync("position", skipOthers: true);
            places.Add((position.ResumeFrom, clock.Elapsed));
        }
        while (places[^1].Place < 150);
        await reporting;

        Assert.InRange(places.Count, 2, (int)clock.Elapsed.TotalSeconds + 2);
        Assert.Equal(places.Order(), places);

        async Task ReportAsync(int count)
        {
            for (var place = 1; place <= count; place++)
                await Grain.ReportAsync(new Report(new ContentId(Title), TimeSpan.FromSeconds(place), Now));
        }
    }

    [Fact]
    public async Task More_titles_at_once_than_are_told_one_by_one_are_told_with_a_row()
    {
        await PutAsync(Report);
        using var events = await OpenAsync();
        await events.NextAsync("row");
        var titles = Enumerable.Range(0, 500).Select(_ => new ContentId(Guid.NewGuid())).ToArray();

        await Grain.ReportBatchAsync([.. titles.Select(title => new Report(title, TimeSpan.FromSeconds(50), Now))]);

        Assert.Equal(10, (await events.NextAsync("row")).Titles.Intersect(titles.Select(title => title.Value)).Count());
    }

    [Fact]
    public async Task What_has_not_changed_has_the_same_id_on_the_next_connection()
    {
        await PutAsync(Report);
        using var first = await OpenAsync();
        using var again = await OpenAsync();
        var row = await first.NextAsync("row");
        Assert.Equal(row.Id, (await again.NextAsync("row")).Id);

        await PutAsync(Report.With("resumeFrom", "200"));
        Assert.Equal((await first.NextAsync("position")).Id, (await again.NextAsync("position")).Id);
        using var later = await OpenAsync();

        Assert.NotEqual(row.Id, (await later.NextAsync("row")).Id);
    }

    [Fact]
    public async Task A_user_who_sleeps_and_wakes_elsewhere_is_heard_on_and_a_fresh_row_says_so()
    {
        await PutAsync(Report);
        using var events = await OpenAsync();
        var row = await events.NextAsync("row");

        await Grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();

        Assert.Equal(row.Id, (await events.NextAsync("row")).Id);
        await PutAsync(Report.With("resumeFrom", "200"));
        Assert.Equal(200, (await events.NextAsync("position")).ResumeFrom);
    }

    [Fact]
    public async Task A_stream_ends_in_good_order_when_its_token_does()
    {
        // Tokens are taken for 30 s longer than they say.
        var claims = TestTokens.Claims(User);
        claims["exp"] = Now.ToUnixTimeSeconds() - 25;
        using var events = await LiveEvents.OpenAsync(Service.Http.BaseAddress!, Tokens.Sign(claims));
        await events.NextAsync("row");

        Assert.Null(await events.ReadAsync());
    }

    [Fact]
    public async Task Without_a_token_in_the_header_there_is_no_stream()
    {
        Problem.Assert(await Service.GetAsync("/users/me/events"), 401);
        Problem.Assert(await Service.GetAsync($"/users/me/events?access_token={Token}&token={Token}"), 401);
    }

    [Theory]
    [InlineData("somebody-else", 403)]
    [InlineData("not%25a%25user", 400)]
    public async Task Nobody_hears_another_user(string user, int status) =>
        Problem.Assert(await GetAsync($"/users/{user}/events"), status, status == 400 ? "userId" : null);

    [Fact]
    public async Task A_service_hears_any_user()
    {
        using var events = await LiveEvents.OpenAsync(Service.Http.BaseAddress!, Tokens.OfService(), $"/users/{User}/events");

        Assert.Empty((await events.NextAsync("row")).Titles);
    }

    [Fact]
    public async Task A_user_has_twenty_streams_at_most_and_one_that_is_closed_makes_room()
    {
        var open = new List<LiveEvents>();
        for (var count = 0; count < Limits.ObserversPerUser; count++)
            open.Add(await OpenAsync());

        var refused = await GetAsync("/users/me/events");
        Problem.Assert(refused, 429);
        Assert.NotNull(refused.Header("Retry-After"));
        open[0].Dispose();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                open[0] = await OpenAsync();
                break;
            }
            catch (HttpRequestException full) when (full.StatusCode == HttpStatusCode.TooManyRequests)
            {
                patience.Token.ThrowIfCancellationRequested();
            }
        }

        open.ForEach(events => events.Dispose());
    }

    // Whichever of them comes first: a title that was told a moment ago waits.
    private static async Task<(ServerEvent Position, ServerEvent Row)> NextOfBothAsync(LiveEvents events)
    {
        ServerEvent[] both = [(await events.ReadAsync())!, (await events.ReadAsync())!];
        return (Assert.Single(both, told => told.Name == "position"), Assert.Single(both, told => told.Name == "row"));
    }

    private Task<LiveEvents> OpenAsync() => LiveEvents.OpenAsync(Service.Http.BaseAddress!, Token);

    private sealed class Listener : IUserObserver
    {
        private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Heard => _heard.Task;

        public Task ChangedAsync(UserChange change)
        {
            _heard.TrySetResult();
            return Task.CompletedTask;
        }
    }
}

/// <summary>Grains, and the references to observers that were made through them.</summary>
public class ReferenceRecorder : DispatchProxy
{
    private readonly List<IUserObserver> _references = [];
    private IGrainFactory? _grains;

    internal static IGrainFactory Around(IGrainFactory grains, out IReadOnlyList<IUserObserver> references)
    {
        var proxy = Create<IGrainFactory, ReferenceRecorder>();
        ((ReferenceRecorder)(object)proxy)._grains = grains;
        references = ((ReferenceRecorder)(object)proxy)._references;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(_grains, args);
        if (targetMethod.Name == nameof(IGrainFactory.CreateObjectReference))
            _references.Add((IUserObserver)answer!);
        return answer;
    }
}
