using System.ComponentModel;
using System.Diagnostics;

namespace ContinueWatching.Standalone;

/// <summary>Runs one command to its end, within a time limit, and tells what it said when it fails.</summary>
internal static class ChildProcess
{
    private const int MaxQuotedCharacters = 4000;

    /// <summary>The command's standard output.</summary>
    /// <exception cref="EmbeddedPostgresException">It could not be started, failed, or took longer than the limit.</exception>
    public static async Task<string> RunAsync(ProcessStartInfo start, TimeSpan limit, CancellationToken cancellation)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Start(start);
        process.StandardInput.Close();
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(limit);
        var output = process.StandardOutput.ReadToEndAsync(bounded.Token);
        var errors = process.StandardError.ReadToEndAsync(bounded.Token);
        try
        {
            await Task.WhenAll(output, errors, process.WaitForExitAsync(bounded.Token));
        }
        catch (OperationCanceledException)
        {
            // Ours to end, whether by the limit or by the caller, with all that it has begun: a server half started counts.
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            throw new EmbeddedPostgresException($"{start.FileName} did not end within {limit.TotalSeconds:0} s.");
        }

        if (process.ExitCode != 0)
            throw new EmbeddedPostgresException(
                $"{start.FileName} failed with exit code {process.ExitCode}: {Said(await errors, await output)}");
        return await output;
    }

    /// <summary>The end of a text, short enough for an exception message.</summary>
    public static string Tail(string text)
    {
        var trimmed = text.Trim();
        return trimmed.Length <= MaxQuotedCharacters ? trimmed : "…" + trimmed[^MaxQuotedCharacters..];
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception refusal)
        {
            throw new EmbeddedPostgresException(refusal.Message, refusal);
        }
    }

    private static string Said(string errors, string output) =>
        Tail(string.IsNullOrWhiteSpace(errors) ? output : errors);
}
