using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ContinueWatching.Standalone.Tests;

/// <summary>A Standalone in the test's process, as the command line would start it.</summary>
internal sealed class RunningStandalone : IAsyncDisposable
{
    private readonly StandaloneHost _host;

    private RunningStandalone(StandaloneHost host)
    {
        _host = host;
        var port = new Uri(host.App.Urls.Single()).Port;
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public HttpClient Http { get; }

    public static async Task<RunningStandalone> StartAsync(string dataDirectory, params string[] arguments)
    {
        Assert.True(Arguments.TryParse(
            ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning", .. arguments, "--data", dataDirectory], out var parsed, out _));
        var host = await StandaloneHost.CreateAsync(parsed, CancellationToken.None);
        try
        {
            await host.App.StartAsync();
            return new RunningStandalone(host);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json) =>
        Http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));

    public async Task<string> TokenAsync(string json)
    {
        using var answer = await PostAsync("/dev/token", json);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("access_token").GetString()!;
    }

    /// <summary>The status that a report of user 123 is answered with.</summary>
    public async Task<int> ReportAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/updateWatchStatus")
        {
            Content = new StringContent(
                """{"userId": "123", "contentId": "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11", "resumeFrom": 100}""",
                Encoding.UTF8,
                "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.App.StopAsync();
        await _host.DisposeAsync();
    }
}
