using System.Diagnostics;
using ContinueWatching.Testing;

namespace ContinueWatching.Cluster.Tests;

/// <summary>A shell script of the repository, run to its end within a limit.</summary>
internal static class Script
{
    /// <summary>All that it said.</summary>
    /// <exception cref="InvalidOperationException">It failed, or did not end in time; the message is what it said.</exception>
    public static async Task<string> RunAsync(string path, TimeSpan limit, params string[] arguments)
    {
        using var script = Process.Start(new ProcessStartInfo("bash", [Path.Combine(ServiceProcess.RepositoryRoot(), path), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var bounded = new CancellationTokenSource(limit);
        var output = script.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = script.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await script.WaitForExitAsync(bounded.Token);
        }
        catch (OperationCanceledException)
        {
            script.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{path} did not end in time.\n{await output}\n{await errors}");
        }

        return script.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{path} ended with {script.ExitCode}.\n{await output}\n{await errors}");
    }
}
