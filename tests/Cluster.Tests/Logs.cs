using ContinueWatching.Testing;

namespace ContinueWatching.Cluster.Tests;

/// <summary>What an operator would look at in a log.</summary>
internal static class Logs
{
    // As people read them, and as the services write them: JSON.
    private static readonly string[] _levels = ["warn:", "fail:", "crit:"];
    private static readonly string[] _jsonLevels = ["Warning", "Error", "Critical"];

    /// <summary>Nothing to look at: no warning, no error, no stack trace.</summary>
    public static void AssertQuiet(ServiceProcess process) => Assert.True(Trouble(process).Count == 0, process.Said);

    /// <summary>No stack trace, whatever else was said.</summary>
    public static void AssertNoStackTrace(ServiceProcess process) => Assert.False(process.Lines.Any(IsStackTrace), process.Said);

    /// <summary>Why the process ended: one line, and that is all there is.</summary>
    public static string TheOneComplaint(ServiceProcess process)
    {
        AssertNoStackTrace(process);

        // An API looks for its silos and for its port at the same time, and may first say that it waits for the one.
        Assert.True(Trouble(process).Count(line => !line.Contains("UntilThereIsASilo", StringComparison.Ordinal)) <= 1, process.Said);
        return Assert.Single(process.Lines, line => line.Contains("Not started: ", StringComparison.Ordinal));
    }

    private static List<string> Trouble(ServiceProcess process) => [.. process.Lines.Where(line =>
        _levels.Any(level => line.StartsWith(level, StringComparison.Ordinal))
        || _jsonLevels.Any(level => line.Contains($"\"LogLevel\":\"{level}\"", StringComparison.Ordinal))
        || IsStackTrace(line))];

    private static bool IsStackTrace(string line) =>
        line.Contains("   at ", StringComparison.Ordinal) || line.Contains("Unhandled exception", StringComparison.Ordinal);
}
