using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ContinueWatching.Chaos;

/// <summary>
/// Viewers who watch on two devices at a steady pace, whatever the service does, and look at their places and their row in between. What a
/// refused report would have said, the next one says.
/// </summary>
internal sealed class Viewers : IAsyncDisposable
{
    private const int TitlesEach = 3;
    private static readonly string[] _devices = ["tv", "phone"];

    private readonly Balancer _balancer;
    private readonly TimeSpan _pace;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _watching;

    public Viewers(Fleet fleet, Balancer balancer, int count, TimeSpan pace)
    {
        (_balancer, _pace) = (balancer, pace);
        Count = count;
        _watching = [.. Enumerable.Range(0, count).Select(number => Task.Run(() => WatchAsync(number, fleet.TokenOf(User(number)))))];
    }

    public int Count { get; }

    public Ledger Ledger { get; } = new();

    /// <summary>Every answer, as they came.</summary>
    public ConcurrentQueue<Answer> Answers { get; } = [];

    public ConcurrentQueue<StaleRead> StaleReads { get; } = [];

    /// <summary>The time of this run.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_started);

    /// <summary>Until each viewer has been answered 200 that began after this moment.</summary>
    public async Task EverybodyServedAsync(TimeSpan limit)
    {
        var since = Now;
        while (Answers.Where(answer => answer.Kind == AnswerKind.Ok && answer.IsReport && answer.At - answer.Took >= since)
            .Select(answer => answer.Viewer).Distinct().Count() < Count)
        {
            if (Now - since > limit)
            {
                return; // The table tells how long it took.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watching);
        _stop.Dispose();
    }

    private static string User(int number) => string.Create(CultureInfo.InvariantCulture, $"viewer-{number}");

    private async Task WatchAsync(int number, string token)
    {
        var user = User(number);
        var authorization = new AuthenticationHeaderValue("Bearer", token);
        var titles = Enumerable.Range(0, TitlesEach).Select(_ => Guid.NewGuid()).ToArray();
        using var pace = new PeriodicTimer(_pace);
        try
        {
            await Task.Delay(_pace * Random.Shared.NextDouble(), _stop.Token);
            for (var second = 2; await pace.WaitForNextTickAsync(_stop.Token); second++)
            {
                var title = titles[second / 8 % TitlesEach];
                await ReportAsync(number, user, authorization, title, _devices[second / 5 % 2], second);
                await (second % 4 == 0 ? ReadRowAsync(number, user, authorization, titles)
                    : second % 2 == 0 ? ReadPlacesAsync(number, user, authorization, titles)
                    : Task.CompletedTask);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the run.
        }
    }

    private async Task ReportAsync(int viewer, string user, AuthenticationHeaderValue token, Guid title, string device, int second)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/updateWatchStatus")
        {
            Content = new StringContent(
                $$"""{"userId":"{{user}}","contentId":"{{title}}","resumeFrom":{{second}},"duration":1000000,"deviceId":"{{device}}"}""",
                Encoding.UTF8,
                "application/json"),
        };
        if (await SendAsync(viewer, request, token, isReport: true) is { } answer)
        {
            Ledger.Acknowledge(user, title, device, second);
            answer.Dispose();
        }
    }

    private async Task ReadPlacesAsync(int viewer, string user, AuthenticationHeaderValue token, Guid[] titles)
    {
        var expected = titles.Select(title => Ledger.NewestOf(user, title)).ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/getWatchStatus?userId={user}&contentId={string.Join(',', titles)}");
        using var answer = await SendAsync(viewer, request, token, isReport: false);
        Compare(viewer, titles, expected, answer?.RootElement);
    }

    private async Task ReadRowAsync(int viewer, string user, AuthenticationHeaderValue token, Guid[] titles)
    {
        var expected = titles.Select(title => Ledger.NewestOf(user, title)).ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/users/{user}/continue-watching");
        using var answer = await SendAsync(viewer, request, token, isReport: false);
        Compare(viewer, titles, expected, answer?.RootElement.GetProperty("items"));
    }

    private void Compare(int viewer, Guid[] titles, int[] expected, JsonElement? places)
    {
        if (places is not { } told)
        {
            return;
        }

        var seconds = told.EnumerateArray().ToDictionary(
            place => place.GetProperty("contentId").GetGuid(), place => (int)place.GetProperty("resumeFrom").GetDouble());
        for (var index = 0; index < titles.Length; index++)
        {
            if (seconds.GetValueOrDefault(titles[index]) is var place && place < expected[index])
            {
                StaleReads.Enqueue(new StaleRead(viewer, Now, titles[index], expected[index], place));
            }
        }
    }

    // The body of a 200; null for anything else, which is noted.
    private async Task<JsonDocument?> SendAsync(int viewer, HttpRequestMessage request, AuthenticationHeaderValue token, bool isReport)
    {
        request.Headers.Authorization = token;
        var began = Now;
        var (kind, reason) = (AnswerKind.Error, (string?)null);
        try
        {
            using var answer = await _balancer.Next().SendAsync(request, CancellationToken.None);
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
            reason = $"connection: {broken.HttpRequestError}";
            return null;
        }
        catch (OperationCanceledException)
        {
            reason = "no answer in 15 s";
            return null;
        }
        finally
        {
            Answers.Enqueue(new Answer(viewer, Now, Now - began, kind, isReport, reason));
        }
    }
}
