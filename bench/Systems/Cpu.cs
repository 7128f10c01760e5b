using System.Globalization;

namespace ContinueWatching.Bench.Systems;

/// <summary>How much processor time processes have used, as Linux counts it.</summary>
internal static class Cpu
{
    private const double TicksPerSecond = 100;

    // Fields of /proc/<pid>/stat behind the name in brackets: state, ppid, …
    private const int Parent = 1;
    private const int UserTime = 11;
    private const int FieldsOfOwnTime = 2;
    private const int FieldsWithChildrens = 4;

    /// <summary>Of one process, in seconds.</summary>
    public static double Of(int process) => Sum(Stat(process), FieldsOfOwnTime);

    /// <summary>Of a process and of all that it has started, those that have ended too, in seconds.</summary>
    public static double OfTree(int process) => Sum(Stat(process), FieldsWithChildrens) + ChildrenOf(process).Sum(OfTree);

    /// <summary>Memory that a process holds, in bytes.</summary>
    public static long ResidentBytes(int process) => long.Parse(
        File.ReadAllText($"/proc/{process}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;

    private static IEnumerable<int> ChildrenOf(int process) => Directory.EnumerateDirectories("/proc")
        .Select(Path.GetFileName)
        .Where(name => name!.All(char.IsAsciiDigit))
        .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
        .Where(other => Stat(other) is { Length: > Parent } fields && fields[Parent] == process.ToString(CultureInfo.InvariantCulture));

    private static double Sum(string[] fields, int count) =>
        fields.Skip(UserTime).Take(count).Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;

    private static string[] Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended since it was listed: whatever it used now counts as its parent's.
            return [];
        }
    }
}
