using System.Diagnostics;
using System.Text.Json;
using ContinueWatching.Bench.Load;

namespace ContinueWatching.Bench.Systems;

/// <summary>The load driver as a process of its own: this executable, started with the verb <see cref="Verb"/>.</summary>
internal static class DriverProcess
{
    /// <summary>The verb; a plan comes in as a line of JSON, the result goes out as one.</summary>
    public const string Verb = "drive";

    private const string ResultMark = "result ";
    private const string SecondMark = "second ";

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="measuring">Called when the measured time begins.</param>
    /// <param name="measured">Called when it ends.</param>
    /// <param name="second">Hears of every second: <c>number ok unavailable errors p99</c>.</param>
    /// <param name="stop">Ends the driver.</param>
    /// <exception cref="InvalidOperationException">The driver failed; the message carries what it said.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public static async Task<DriveResult> RunAsync(
        DrivePlan plan, Action measuring, Action measured, Action<string> second, CancellationToken stop)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(DriverProcess).Assembly.Location, Verb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Answers are handled where they are received, on one thread: the driver takes as little from the servers as it can.
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = "1";
        using var process = Process.Start(start)!;
        try
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(plan));
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            DriveResult? result = null;
            while (await process.StandardOutput.ReadLineAsync(stop) is { } line)
            {
                if (line == "measuring")
                    measuring();
                else if (line == "measured")
                    measured();
                else if (line.StartsWith(SecondMark, StringComparison.Ordinal))
                    second(line[SecondMark.Length..]);
                else if (line.StartsWith(ResultMark, StringComparison.Ordinal))
                    result = JsonSerializer.Deserialize<DriveResult>(line[ResultMark.Length..]);
            }

            await process.WaitForExitAsync(stop);
            return result ?? throw new InvalidOperationException($"The load driver ended with {process.ExitCode}:\n{await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>What the process does.</summary>
    public static async Task<int> ServeAsync()
    {
        var plan = JsonSerializer.Deserialize<DrivePlan>(await Console.In.ReadLineAsync() ?? "null")
            ?? throw new InvalidOperationException("The plan was expected as a line of JSON.");
        var result = await new Driver(plan, Console.WriteLine).RunAsync();
        Console.WriteLine(ResultMark + JsonSerializer.Serialize(result));
        return 0;
    }
}
