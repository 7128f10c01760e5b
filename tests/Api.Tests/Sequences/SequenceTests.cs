using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ContinueWatching.Contracts;
using ContinueWatching.Testing;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Orleans.Core.Internal;

namespace ContinueWatching.Api.Tests.Sequences;

/// <summary>
/// A user with several devices does everything that there is to do, at random, over HTTP, while the grain is put to sleep in between: each
/// answer must be that of a naive model.
/// </summary>
public sealed class SequenceTests : IAsyncLifetime
{
    private const int Titles = 16;
    private static readonly string[] _devices = ["tv", "phone", "tablet", "", "d4", "d5", "d6", "d7", "d8", "d9"];

    // Two series, films with and without credits, and titles that the catalogue has never heard of, of whose durations players tell.
    private static readonly Dictionary<int, ModelTitle> _catalogue = new()
    {
        [0] = new(1_000_000, null, "first", 1),
        [1] = new(1_000_000, 900_000, "first", 2),
        [2] = new(1_200_000, null, "first", 3),
        [3] = new(null, null, "first", 15),
        [4] = new(1_000_000, null, "second", 5),
        [5] = new(1_000_000, null, "second", 4),
        [6] = new(1_000_000, 500_000),
        [7] = new(7_200_000),
        [8] = new(null, 800_000),
    };

    private readonly TestTokens _tokens = new();
    private readonly FakeTimeProvider _clock = new(StartOfDay());
    private TestDatabase _database = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.CreateDatabaseAsync();
        _service = await TestService.StartAsync(_database.ConnectionString, [.. _tokens.Configuration, "Cluster:GrainIdleTime=1.00:00:00"], clock: _clock);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Every_answer_is_the_models_whatever_is_done_in_whatever_order()
    {
        var title = Gen.Int[0, Titles - 2];
        var device = Gen.Frequency((6, Gen.Int[0, 1]), (2, Gen.Int[2, 3]), (1, Gen.Int[4, 9]));
        var place = Gen.Frequency((4, Gen.Int[0, 4]), (2, Gen.Int[5, 9]));
        var step = Gen.Select(
            Gen.Frequency((50, Gen.Const(Act.Report)), (8, Gen.Const(Act.LateReport)), (6, Gen.Const(Act.Journal)), (5, Gen.Const(Act.Hide)),
                (3, Gen.Const(Act.Restore)), (4, Gen.Const(Act.MarkWatched)), (2, Gen.Const(Act.Unwatch)), (3, Gen.Const(Act.Forget)),
                (2, Gen.Const(Act.Pause)), (3, Gen.Const(Act.GoOn)), (2, Gen.Const(Act.Wish)), (1, Gen.Const(Act.Unwish)),
                (5, Gen.Const(Act.Sleep)), (1, Gen.Const(Act.Erase)), (1, Gen.Const(Act.Reimport))),
            title, device, place, Gen.Int[0, 3], Gen.Frequency((8, Gen.Int[1, 20_000]), (1, Gen.Int[1_000_000, 9_000_000])),
            (act, title, device, place, more, wait) => new Step(act, title, device, place, more, wait));

        await step.Array[100].SampleAsync(WalkAsync, iter: 200, threads: 1);
    }

    private async Task WalkAsync(Step[] steps)
    {
        var walk = await Walk.BeginAsync(_service, _tokens, _clock);
        foreach (var step in steps)
            await walk.TakeAsync(step);
        await walk.CompareAllAsync();
    }

    private static DateTimeOffset StartOfDay() => new(TimeProvider.System.GetUtcNow().Date, TimeSpan.Zero);

    private enum Act
    {
        Report, LateReport, Journal, Hide, Restore, MarkWatched, Unwatch, Forget, Pause, GoOn, Wish, Unwish, Sleep, Erase, Reimport,
    }

    /// <summary>One thing that is done. What it is not about it leaves alone.</summary>
    private sealed record Step(Act Act, int Title, int Device, int Place, int More, int Wait);

    /// <summary>One user's walk, and the model beside it.</summary>
    private sealed class Walk
    {
        private static readonly double[] _places = [0.4, 1, 100, 100.2, 300, 600, 899.9, 900, 960, 1150];
        private readonly TestService _service;
        private readonly FakeTimeProvider _clock;
        private readonly string _user = $"walker-{Guid.NewGuid():N}";
        private readonly string _token;
        private readonly Guid[] _ids = [.. Enumerable.Range(0, Titles).Select(_ => Guid.NewGuid())];
        private readonly UserModel _model;

        private Walk(TestService service, TestTokens tokens, FakeTimeProvider clock)
        {
            _service = service;
            _clock = clock;
            _model = new UserModel(_catalogue, title => $"{_ids[title]}");

            // The clock runs ahead of the one that tokens are made by.
            _token = tokens.Of(_user, ("nbf", 0), ("exp", 4_000_000_000));
        }

        private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

        public static async Task<Walk> BeginAsync(TestService service, TestTokens tokens, FakeTimeProvider clock)
        {
            var walk = new Walk(service, tokens, clock);
            var titles = new JsonArray([.. _catalogue.Select(title => new JsonObject
            {
                ["contentId"] = $"{walk._ids[title.Key]}",
                ["duration"] = title.Value.Duration / 1000.0,
                ["creditsStart"] = title.Value.CreditsStart / 1000.0,
                ["seriesId"] = title.Value.Series,
                ["nextContentId"] = title.Value.Next is { } next ? $"{walk._ids[next]}" : null,
            })]);
            var cms = tokens.Of("cms", ("scope", "continue-watching.catalog"), ("nbf", 0), ("exp", 4_000_000_000));
            Assert.Equal(200, (await service.PutAsync("/titles", cms, new JsonObject { ["titles"] = titles }.ToJsonString())).Status);
            return walk;
        }

        public async Task TakeAsync(Step step)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(step.Wait));
            var title = $"{_ids[step.Title]}";
            switch (step.Act)
            {
                case Act.Report:
                    await ReportAsync(step, ago: null);
                    break;
                case Act.LateReport:
                    await ReportAsync(step, ago: step.Wait * 3L);
                    break;
                case Act.Journal:
                    await SyncAsync(step);
                    break;
                case Act.Hide:
                    _model.Hide(step.Title, Now);
                    await SendAsync(HttpMethod.Delete, $"continue-watching/{title}");
                    break;
                case Act.Restore:
                    _model.Restore(step.Title);
                    await SendAsync(HttpMethod.Post, $"continue-watching/{title}/restore");
                    break;
                case Act.MarkWatched:
                    _model.MarkWatched(step.Title, Now);
                    Compare(step.Title, await SendAsync(HttpMethod.Put, $"watched/{title}"));
                    break;
                case Act.Unwatch:
                    _model.Unwatch(step.Title);
                    await SendAsync(HttpMethod.Delete, $"watched/{title}");
                    break;
                case Act.Forget:
                    _model.Forget(step.Title, Now);
                    await SendAsync(HttpMethod.Delete, $"history/{title}");
                    break;
                case Act.Pause or Act.GoOn:
                    _model.Pause(step.Act == Act.Pause, Now);
                    await SendAsync(HttpMethod.Patch, "", new JsonObject { ["historyPaused"] = step.Act == Act.Pause });
                    break;
                case Act.Wish:
                    _model.AddToWatchlist(step.Title, Now);
                    await SendAsync(HttpMethod.Put, $"watchlist/{title}");
                    break;
                case Act.Unwish:
                    _model.RemoveFromWatchlist(step.Title);
                    await SendAsync(HttpMethod.Delete, $"watchlist/{title}");
                    break;
                case Act.Sleep:
                    _model.Sleep();
                    await _service.Grains.GetUser(UserId.Parse(_user)).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
                    break;
                case Act.Erase:
                    _model.Erase(Now);
                    await SendAsync(HttpMethod.Delete, $"/users/{_user}?confirm={_user}");
                    break;
                case Act.Reimport:
                    // What is held is no news.
                    await SendAsync(HttpMethod.Put, "import", await SendAsync(HttpMethod.Get, "export"));
                    break;
            }

            await CompareRowAsync();
            await CompareStatusAsync([step.Title]);
        }

        public async Task CompareAllAsync()
        {
            await CompareStatusAsync([.. Enumerable.Range(0, Titles)]);
            var history = (await SendAsync(HttpMethod.Get, "history?limit=100"))!["items"]!.AsArray();
            Assert.Equal(_model.History.Select(Id), history.Select(item => Text(item!, "contentId")));
            var watchlist = (await SendAsync(HttpMethod.Get, "watchlist"))!["items"]!.AsArray();
            Assert.Equal(_model.Watchlist.Select(Id), watchlist.Select(item => Text(item!, "contentId")));
            var profile = await SendAsync(HttpMethod.Get, "");
            Assert.Equal(_model.PausedFrom is not null && _model.PausedUntil is null, profile!["historyPaused"]!.GetValue<bool>());
            for (var title = 0; title < Titles; title++)
            {
                var inRow = _model.Row().Take(10).Any(entry => entry.Title == title);
                var why = await SendAsync(HttpMethod.Get, $"continue-watching/why/{_ids[title]}");
                Assert.True(inRow == why!["inRow"]!.GetValue<bool>(), $"{why}");
            }
        }

        private async Task ReportAsync(Step step, long? ago)
        {
            var report = ToReport(step, Now - (ago ?? 0));
            var body = ToJson(report, ago is not null);
            body["userId"] = _user;
            if (ago is not null)
                body["sentAt"] = Iso(Now);
            var outcome = _model.Report(report);

            var answer = await SendAsync(HttpMethod.Put, "/updateWatchStatus", body);

            Assert.Equal(outcome, Text(answer!, "outcome"));
        }

        // Around the step's title, the later ones first: a device syncs in whatever order it kept them.
        private async Task SyncAsync(Step step)
        {
            var reports = Enumerable.Range(0, 6).Select(index => ToReport(
                step with { Title = (step.Title + (index / 3 * step.More)) % (Titles - 1), Place = (step.Place + (index * 3)) % _places.Length },
                Now - (index * step.Wait / 2L))).ToArray();
            var outcomes = reports.Select(_model.Report).ToArray();

            var answer = await SendAsync(HttpMethod.Post, "reports", new JsonObject
            {
                ["sentAt"] = Iso(Now),
                ["reports"] = new JsonArray([.. reports.Select(report => ToJson(report, isLate: true))]),
            });

            Assert.Equal(outcomes, answer!["results"]!.AsArray().Select(result => Text(result!, "outcome")));
        }

        private async Task CompareRowAsync()
        {
            var row = (await SendAsync(HttpMethod.Get, "continue-watching"))!["items"]!.AsArray();
            Assert.Equal(
                _model.Row().Take(10).Select(entry => $"{Id(entry.Title)} {entry.Position / 1000.0} {(entry.Title == entry.Head ? "inProgress" : "nextEpisode")}"),
                row.Select(item => $"{Text(item!, "contentId")} {Seconds(item!, "resumeFrom")} {Text(item!, "reason")}"));
        }

        private async Task CompareStatusAsync(int[] titles)
        {
            var ids = string.Join(',', titles.Select(Id));
            var answers = (await SendAsync(HttpMethod.Get, $"/getWatchStatus?userId={_user}&contentId={ids}"))!.AsArray();
            var watched = titles.Where(title => _model.Of(title) is { Places.Count: > 0 } or { CompletedAt: not null }).ToArray();
            Assert.Equal(watched.Select(Id), answers.Select(answer => Text(answer!, "contentId")));
            foreach (var (title, answer) in watched.Zip(answers))
                Compare(title, answer);
        }

        private void Compare(int title, JsonNode? answer)
        {
            var known = _model.Of(title);
            Assert.Equal(known.PlayCount, answer!["playCount"]!.GetValue<int>());
            Assert.Equal(known.CompletedAt is { } at ? Moment(at) : null, Text(answer, "completedAt"));
            Assert.Equal(_model.IsWatched(title), answer["completed"]!.GetValue<bool>());
            Assert.Equal(_model.DurationOf(title) / 1000.0, Seconds(answer, "duration"));
            if (known.Places is not [var newest, ..])
                return;
            Assert.Equal(newest.Position / 1000.0, Seconds(answer, "resumeFrom"));
            Assert.Equal(Moment(newest.At), Text(answer, "watchedAt"));
            Assert.Equal(newest.Device, Text(answer, "deviceId") ?? "");
            Assert.Equal(
                known.Places.Skip(1).Where(place => Math.Abs(place.Position - newest.Position) > 250).Select(place => (place.Device, (double?)(place.Position / 1000.0))),
                answer["elsewhere"]!.AsArray().Select(place => (Text(place!, "deviceId") ?? "", Seconds(place!, "resumeFrom"))));
        }

        // Players tell the durations of odd titles, and not on every device.
        private static ModelReport ToReport(Step step, long at) => new(
            step.Title, _devices[step.Device], at, (long)Math.Round(_places[step.Place] * 1000), step.Title % 2 == 1 && step.Device != 1 ? 1_200_000 : null);

        private JsonObject ToJson(ModelReport report, bool isLate) => new()
        {
            ["contentId"] = Id(report.Title),
            ["resumeFrom"] = report.Position / 1000.0,
            ["deviceId"] = report.Device.Length == 0 ? null : report.Device,
            ["duration"] = report.Duration / 1000.0,
            ["watchedAt"] = isLate ? Iso(report.At) : null,
        };

        private string Id(int title) => $"{_ids[title]}";

        private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body = null)
        {
            var full = path.StartsWith('/') ? path : $"/users/{_user}{(path.Length == 0 ? "" : "/")}{path}";
            using var content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            var answer = await _service.SendAsync(method, full, _token, content);
            Assert.True(answer.Status is 200 or 204, $"{method} {full}: {answer}");
            return answer.ContentType == "application/json" ? JsonNode.Parse(answer.Text) : null;
        }

        private static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();

        private static double? Seconds(JsonNode node, string name) => node[name]?.GetValue<double>();

        private static string Iso(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

        // As the service writes it: no more digits than there are.
        private static string Moment(long at) => JsonSerializer.SerializeToNode(DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime)!.GetValue<string>();
    }
}
