using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ContinueWatching.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>A user with devices, over HTTP. Every call must be answered with success; times are the service's own unless given.</summary>
internal sealed class Viewer(TestService service, TestTokens tokens, string? name = null)
{
    public string User { get; } = name ?? $"viewer-{Guid.NewGuid():N}";

    public string Token => tokens.Of(User);

    /// <summary>A report, live or, with <paramref name="ago"/>, of that long ago by a device whose clock is right.</summary>
    public async Task<Told> ReportAsync(
        Guid title, double resumeFrom, string device = "tv", double? duration = null, TimeSpan? ago = null, TimeSpan clockError = default)
    {
        var body = new JsonObject { ["userId"] = User, ["contentId"] = title.ToString(), ["resumeFrom"] = resumeFrom, ["deviceId"] = device };
        if (duration is not null)
            body["duration"] = duration;
        if (ago is { } past)
        {
            var sentAt = TimeProvider.System.GetUtcNow() + clockError;
            (body["watchedAt"], body["sentAt"]) = (Iso(sentAt - past), Iso(sentAt));
        }

        return new Told(await SendAsync(HttpMethod.Put, "/updateWatchStatus", body));
    }

    /// <summary>A journal of (title, position, how long ago).</summary>
    public Task<string[]> SyncAsync(string device, TimeSpan clockError, params (Guid Title, double ResumeFrom, TimeSpan Ago)[] reports)
    {
        var sentAt = TimeProvider.System.GetUtcNow() + clockError;
        return SyncAsync(device, [.. reports.Select(report => (report.Title, report.ResumeFrom, sentAt - report.Ago))], sentAt);
    }

    /// <summary>A journal of (title, position, when by the device's clock).</summary>
    public async Task<string[]> SyncAsync(string device, (Guid Title, double ResumeFrom, DateTimeOffset WatchedAt)[] reports, DateTimeOffset sentAt)
    {
        var answer = await SendAsync(HttpMethod.Post, $"/users/{User}/reports", new JsonObject
        {
            ["sentAt"] = Iso(sentAt),
            ["reports"] = new JsonArray([.. reports.Select(report => new JsonObject
            {
                ["contentId"] = report.Title.ToString(),
                ["resumeFrom"] = report.ResumeFrom,
                ["deviceId"] = device,
                ["watchedAt"] = Iso(report.WatchedAt),
            })]),
        });
        return [.. answer.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("outcome").GetString()!)];
    }

    public async Task<Told[]> RowAsync() => Items(await GetAsync("continue-watching"));

    /// <summary>The titles of the row, in its order.</summary>
    public async Task<Guid[]> RowTitlesAsync() => [.. (await RowAsync()).Select(entry => entry.Title)];

    /// <summary>The title's place; null when there is none.</summary>
    public async Task<Told?> PlaceAsync(Guid title) =>
        (await SendAsync(HttpMethod.Get, $"/getWatchStatus?userId={User}&contentId={title}")).EnumerateArray().Select(place => new Told(place)).SingleOrDefault();

    public async Task<Told[]> HistoryAsync() => Items(await GetAsync("history?limit=100"));

    public Task HideAsync(Guid title) => SendAsync(HttpMethod.Delete, $"/users/{User}/continue-watching/{title}");

    public Task RestoreAsync(Guid title) => SendAsync(HttpMethod.Post, $"/users/{User}/continue-watching/{title}/restore");

    public Task MarkWatchedAsync(Guid title) => SendAsync(HttpMethod.Put, $"/users/{User}/watched/{title}");

    public Task UnmarkWatchedAsync(Guid title) => SendAsync(HttpMethod.Delete, $"/users/{User}/watched/{title}");

    public Task ForgetAsync(Guid title) => SendAsync(HttpMethod.Delete, $"/users/{User}/history/{title}");

    public Task PauseHistoryAsync(bool paused) =>
        SendAsync(HttpMethod.Patch, $"/users/{User}", new JsonObject { ["historyPaused"] = paused });

    public Task<JsonElement> GetAsync(string what) => SendAsync(HttpMethod.Get, $"/users/{User}/{what}");

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        using var content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        var answer = await service.SendAsync(method, path, Token, content);
        Assert.True(answer.Status is 200 or 204, $"{method} {path}: {answer}");
        return answer.Status == 200 ? answer.Json : default;
    }

    /// <summary>Stores titles in the catalogue, as the one who may.</summary>
    public async Task CatalogueAsync(params JsonObject[] titles)
    {
        var answer = await service.PutAsync("/titles", tokens.OfCatalogue(), new JsonObject { ["titles"] = new JsonArray([.. titles]) }.ToJsonString());
        Assert.True(answer.Status == 200, $"{answer}");
    }

    public static string Iso(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static Told[] Items(JsonElement answer) => [.. answer.GetProperty("items").EnumerateArray().Select(item => new Told(item))];
}

/// <summary>What an answer tells of a title.</summary>
internal sealed record Told(JsonElement Json)
{
    public Guid Title => Json.GetProperty("contentId").GetGuid();

    public double ResumeFrom => Json.GetProperty("resumeFrom").GetDouble();

    public string? Device => Text("deviceId");

    public string? Outcome => Text("outcome");

    public string? Reason => Text("reason");

    public bool Completed => Json.GetProperty("completed").GetBoolean();

    public int PlayCount => Json.GetProperty("playCount").GetInt32();

    public DateTimeOffset WatchedAt => Json.GetProperty("watchedAt").GetDateTimeOffset();

    /// <summary>The places on other devices, as device and second.</summary>
    public (string? Device, double ResumeFrom)[] Elsewhere => [.. Json.GetProperty("elsewhere").EnumerateArray()
        .Select(place => (new Told(place).Device, place.GetProperty("resumeFrom").GetDouble()))];

    private string? Text(string name) => Json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
