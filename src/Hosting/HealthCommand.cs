using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ContinueWatching.Hosting;

/// <summary>
/// <c>--health</c>: asks the process that runs beside it, with the same configuration, whether it is ready. For containers, whose images have
/// no curl.
/// </summary>
public static class HealthCommand
{
    /// <summary>What is said for it on the command line.</summary>
    public const string Argument = "--health";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2.5);

    /// <summary>Asks, and tells the answer in one line.</summary>
    /// <returns>The exit code: 0 when it is ready, else 1.</returns>
    public static async Task<int> RunAsync(string[] args, string defaultUrl)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables("DOTNET_")
            .AddEnvironmentVariables()
            .AddCommandLine([.. args.Where(argument => argument != Argument)])
            .Build();
        var ready = ReadyUrl(configuration, defaultUrl);

        // Never by way of a proxy that the process may use for the world outside.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = _patience };
        try
        {
            using var answer = await http.GetAsync(ready);
            Console.WriteLine($"{ready} answers {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            // Nobody listens, or does not answer in time: just what was asked.
            Console.WriteLine($"{ready} does not answer: {exception.Message}");
            return 1;
        }
    }

    // In the order in which the web server decides where to listen; of several, one without TLS.
    private static Uri ReadyUrl(IConfiguration configuration, string defaultUrl)
    {
        string?[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"])];
        var url = Choose(endpoints)
            ?? Choose(Split(configuration["urls"]))
            ?? Choose(Split(configuration["http_ports"]).Select(port => $"http://*:{port}"))
            ?? Choose(Split(configuration["https_ports"]).Select(port => $"https://*:{port}"))
            ?? defaultUrl;
        var address = BindingAddress.Parse(url);
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return new Uri($"{address.Scheme}://{host}:{address.Port}/health/ready");
    }

    private static string? Choose(IEnumerable<string?> urls) =>
        urls.OfType<string>().OrderByDescending(url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)).FirstOrDefault();

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
