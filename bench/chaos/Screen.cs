using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ContinueWatching.Contracts;

namespace ContinueWatching.Chaos;

/// <summary>A viewer, and the titles that all of their screens watch.</summary>
internal sealed record Watcher(string User, AuthenticationHeaderValue Token, IReadOnlyList<Guid> Shared);

/// <summary>
/// One device of a viewer, which reports at a steady pace whatever the service does, while the viewer's other one does the same, and looks at
/// places and the row in between.
/// </summary>
/// <remarks>
/// It reports in every way that there is: shared titles, at the very time when the other device does; a title of its own, live, which the service
/// gives its time; titles that are reported exactly once, sent again until they are acknowledged, so that no later report covers a loss; and
/// reports that were held up and come after a newer one, which they must not overwrite.
/// </remarks>
internal sealed class Screen(Viewers all, Watcher watcher, string device, int number)
{
    // So seldom is a title reported that is reported once, that those which are reported all the time stay among the ten of the row.
    private const int RoundLength = 16;

    // How far a viewer is in a title is told by the clock, which runs so fast that hardly two reports are within the 250 ms of a paused player,
    // and so slow that a title lasts for a day.
    private const int Speed = 10;
    private static readonly TimeSpan _start = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _heldUp = TimeSpan.FromMilliseconds(100);

    private readonly Guid _own = Guid.NewGuid();
    private SentReport? _once;
    private Guid? _lastOnce;

    /// <summary>For people.</summary>
    public override string ToString() => $"{watcher.User}'s {device}";

    /// <summary>When the last report was sent that was acknowledged, from the start of the run.</summary>
    public TimeSpan LastServed { get; private set; } = TimeSpan.MinValue;

    /// <summary>Reports until the end of the run.</summary>
    public async Task WatchAsync(TimeSpan pace, CancellationToken end)
    {
        using var timer = new PeriodicTimer(pace);
        try
        {
            await Task.Delay(pace * Random.Shared.NextDouble(), end);
            for (var step = 0; await timer.WaitForNextTickAsync(end); step++)
            {
                await ReportAsync(step);
                await LookAsync(step);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the run.
        }
    }

    private async Task ReportAsync(int step)
    {
        var now = Now();
        var shared = watcher.Shared[step / 4 % watcher.Shared.Count];
        if (_once is not null)
            await SendOnceAsync();
        switch (step % RoundLength)
        {
            case 2 or 6 or 10 or 14:
                await SendAsync(Report(_own, now, isLive: true));
                break;
            case 3 when _once is null:
                _once = Report(Guid.NewGuid(), now);
                await SendOnceAsync();
                break;
            case 5 or 13:
                var late = Report(shared, now - _heldUp);
                await SendAsync(Report(shared, now));
                await SendAsync(late);
                break;
            default:
                await SendAsync(Report(shared, now));
                break;
        }
    }

    private async Task SendOnceAsync()
    {
        if (await SendAsync(_once!))
            (_lastOnce, _once) = (_once!.Key.Title, null);
    }

    private Task LookAsync(int step)
    {
        Guid[] titles = [.. watcher.Shared, _own];
        return (step % 4) switch
        {
            0 => ReadAsync(titles, $"/users/{watcher.User}/continue-watching", root => root.GetProperty("items")),
            2 => ReadAsync(_lastOnce is { } once ? [.. titles, once] : titles, null, root => root),
            _ => Task.CompletedTask,
        };
    }

    private SentReport Report(Guid title, DateTimeOffset at, bool isLive = false)
    {
        var position = _start + ((at - all.StartedAt) * Speed);
        return all.Ledger.Send(new RegisterKey(watcher.User, title, device), at, position, isLive);
    }

    private async Task<bool> SendAsync(SentReport report)
    {
        var times = report.IsLive ? "" : $""","watchedAt":"{Iso(report.Register.WatchedAt)}","sentAt":"{Iso(Now())}" """;
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"userId":"{{watcher.User}}","contentId":"{{report.Key.Title}}","resumeFrom":{{report.Register.Position.TotalSeconds}},"duration":1000000,"deviceId":"{{device}}"{{times}}}""");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/updateWatchStatus") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        var began = all.Now;
        using var answer = await ExchangeAsync(request, isReport: true);
        if (answer is null)
            return false;
        all.Ledger.Acknowledge(report, TimeProvider.System.GetUtcNow(), answer.RootElement.GetProperty("outcome").GetString() == "unchanged");
        LastServed = began;
        return true;
    }

    // Places by their ids where no path is given.
    private async Task ReadAsync(IReadOnlyList<Guid> titles, string? path, Func<JsonElement, JsonElement> places)
    {
        var expected = titles.Select(title => all.Ledger.NewestOf(watcher.User, title)).ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Get, path ?? $"/getWatchStatus?userId={watcher.User}&contentId={string.Join(',', titles)}");
        using var answer = await ExchangeAsync(request, isReport: false);
        if (answer is null)
            return;
        var told = places(answer.RootElement).EnumerateArray().ToArray();
        var resumed = told.ToDictionary(
            place => place.GetProperty("contentId").GetGuid(), place => TimeSpan.FromMilliseconds(Math.Round(place.GetProperty("resumeFrom").GetDouble() * 1000)));
        foreach (var (title, acknowledged) in titles.Zip(expected))
        {
            if (acknowledged is not { } newest || resumed.GetValueOrDefault(title) is var place && place >= newest.Position)
                continue;
            // A row ends after so many titles: that ten others were watched since is no staleness.
            if (path is not null && !resumed.ContainsKey(title) && told.Length == Limits.Row && told.Min(WatchedAt) >= newest.WatchedAt)
                continue;
            all.StaleReads.Enqueue(new StaleRead(
                all.Now,
                TimeProvider.System.GetUtcNow() - all.Ledger.SupersededAt(watcher.User, title, place),
                FormattableString.Invariant(
                    $"{watcher.User}'s {title} at {place.TotalSeconds:0.000} s in {(path is null ? "places" : $"a row of {told.Length}")}, {newest.Position.TotalSeconds:0.000} s acknowledged for {newest.DeviceId}")));
        }
    }

    private static DateTimeOffset WatchedAt(JsonElement place) => place.GetProperty("watchedAt").GetDateTimeOffset();

    // The body of a 200; null for anything else, which is noted.
    private async Task<JsonDocument?> ExchangeAsync(HttpRequestMessage request, bool isReport)
    {
        request.Headers.Authorization = watcher.Token;
        var began = all.Now;
        var (kind, reason) = (AnswerKind.Error, (string?)null);
        try
        {
            using var answer = await all.Balancer.Next().SendAsync(request, CancellationToken.None);
            var body = await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
            (kind, reason) = answer.StatusCode switch
            {
                HttpStatusCode.OK => (AnswerKind.Ok, null),
                HttpStatusCode.ServiceUnavailable when answer.Headers.RetryAfter is not null => (AnswerKind.Unavailable, null),
                var status => (AnswerKind.Error, $"{(int)status}"),
            };
            return kind == AnswerKind.Ok ? JsonDocument.Parse(body) : null;
        }
        catch (HttpRequestException broken)
        {
            (kind, reason) = (AnswerKind.Broken, $"connection: {broken.HttpRequestError}");
            return null;
        }
        catch (OperationCanceledException)
        {
            reason = "no answer in 15 s";
            return null;
        }
        finally
        {
            all.Answers.Enqueue(new Answer(number, all.Now, all.Now - began, kind, isReport, reason));
        }
    }

    private static DateTimeOffset Now() => Domain.ReportTime.Truncate(TimeProvider.System.GetUtcNow());

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
