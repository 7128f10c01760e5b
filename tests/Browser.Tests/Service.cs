using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ContinueWatching.Testing;

namespace ContinueWatching.Browser.Tests;

/// <summary>A Standalone as its user starts it, on a database that outlives it, and what a test asks it directly.</summary>
internal sealed class Service : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(60);

    private readonly TestDatabase _database;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("continue-watching-browser-");
    private readonly HttpClient _http;
    private ServiceProcess _process = null!;

    private Service(TestDatabase database)
    {
        _database = database;
        _http = new HttpClient { BaseAddress = Url };
    }

    public Uri Url { get; } = new($"http://localhost:{ServiceProcess.FreePorts(1)[0]}");

    public static async Task<Service> StartAsync()
    {
        var service = new Service(await TestPostgres.CreateDatabaseAsync());
        await service.StartAgainAsync();
        return service;
    }

    /// <summary>Ends it as the power going does.</summary>
    public async Task KillAsync()
    {
        _process.Signal(Signals.Kill);
        await _process.ExitAsync();
    }

    public async Task StartAgainAsync()
    {
        _process = ServiceProcess.Start(
            "Standalone",
            new Dictionary<string, string?> { ["ConnectionStrings__Postgres"] = _database.ConnectionString },
            "--dev-tokens", "--urls", Url.ToString(), "--data", _data.FullName);
        await _process.AnswersAsync(new Uri(Url, "/health/ready"), within: _startLimit);
    }

    /// <summary>Where the service thinks that a viewer is in a title: the second, and the device.</summary>
    public async Task<(double ResumeFrom, string? Device)> PlaceAsync(string user, string contentId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/getWatchStatus?userId={user}&contentId={contentId}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(user));
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        var places = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return places.GetArrayLength() == 0
            ? (0, null)
            : (places[0].GetProperty("resumeFrom").GetDouble(), places[0].GetProperty("deviceId").GetString());
    }

    /// <summary>Reports a place from some other device.</summary>
    public async Task ReportAsync(string user, string contentId, double resumeFrom, string deviceId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/updateWatchStatus")
        {
            Content = JsonContent.Create(new { userId = user, contentId, resumeFrom, deviceId }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(user));
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
        await _database.DisposeAsync();
        _data.Delete(recursive: true);
    }

    private async Task<string> TokenAsync(string user)
    {
        using var answer = await _http.PostAsJsonAsync("/dev/token", new { userId = user });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }
}
