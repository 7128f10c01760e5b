using ContinueWatching.CatalogLoader;
using ContinueWatching.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// An internal service in small: it stores titles by calling their grains, past the REST API.
// Exit code: 0 when every line is stored, 1 when some are not, 2 when it could not begin.
if (args is not [var path, .. var configuration])
{
    await Console.Error.WriteLineAsync(
        "Usage: CatalogLoader titles.jsonl\n\n"
        + "Each line is a title: {\"contentId\": \"…\", \"duration\": 5400, \"creditsStart\": 5100, \"kind\": \"film\", …}, times in seconds.\n"
        + "ConnectionStrings__Postgres names the silos' database, Cluster__ClusterId their cluster when it is not the default.");
    return 2;
}

if (!File.Exists(path))
{
    await Console.Error.WriteLineAsync($"There is no file {path}.");
    return 2;
}

var builder = Host.CreateApplicationBuilder(configuration);
builder.Logging.SetMinimumLevel(LogLevel.None).AddFilter("ContinueWatching", LogLevel.Warning);
builder.UseContinueWatching();
using var host = builder.Build();
using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
try
{
    await host.StartAsync(patience.Token);
}
catch (Exception) when (patience.IsCancellationRequested)
{
    // Between two looks for a silo, or in the middle of one that fails for its own reason.
    await Console.Error.WriteLineAsync("No silo was found within 30 seconds.");
    return 2;
}
catch (InvalidOperationException exception)
{
    // No connection string, or none that can be read: the message says which form it has.
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}

var loader = new Loader(host.Services.GetRequiredService<IGrainFactory>(), TimeProvider.System, path);
await loader.RunAsync(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
Console.WriteLine(loader.Summary);
await host.StopAsync();
return loader.Failed == 0 ? 0 : 1;
