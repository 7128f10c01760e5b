using System.Runtime.InteropServices;
using ContinueWatching.Hosting;
using ContinueWatching.Standalone;
using Npgsql;

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

// The host listens to Ctrl+C when it runs. Until then, finding, making and starting a Postgres takes its time.
using var interrupted = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);

try
{
    await using var host = await StandaloneHost.CreateAsync(arguments, interrupted.Token);

    // What comes in between, before the host listens, is not to be lost either.
    using var stop = interrupted.Token.Register(host.App.Lifetime.StopApplication);
    return await host.App.RunToExitCodeAsync();
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    // Asked to stop before there was anything to stop: nothing was left running.
    return 0;
}
catch (Exception exception) when (
    exception is EmbeddedPostgresException or NpgsqlException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
{
    // No Postgres, a data directory in use, a contradiction, an address that is none: the message says what to do,
    // a stack trace would hide it.
    await Console.Error.WriteLineAsync($"Not started: {exception.Message}");
    return 1;
}

void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}
