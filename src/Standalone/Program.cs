using ContinueWatching.Silo;
using ContinueWatching.Standalone;

if (!Arguments.TryParse(args, out var arguments, out var complaint))
{
    await Console.Error.WriteLineAsync($"{complaint}\n\n{Arguments.Usage}");
    return 2;
}

if (arguments.Help)
{
    Console.WriteLine(Arguments.Usage);
    return 0;
}

try
{
    await using var host = await StandaloneHost.CreateAsync(arguments, CancellationToken.None);
    return await host.App.RunToExitCodeAsync();
}
catch (Exception exception) when (
    exception is EmbeddedPostgresException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
{
    // No Postgres, a data directory in use, a contradiction, an address that is none: the message says what to do,
    // a stack trace would hide it.
    await Console.Error.WriteLineAsync($"Not started: {exception.Message}");
    return 1;
}
