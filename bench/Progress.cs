namespace ContinueWatching.Bench;

/// <summary>Tells what goes on: a line for each thing done, and on a terminal the seconds of what is under way.</summary>
/// <param name="stop">When the run is to end: whatever is begun after that is not.</param>
internal sealed class Progress(CancellationToken stop)
{
    private readonly bool _live = !Console.IsOutputRedirected;
    private string _doing = "";

    /// <summary>When the run is to end.</summary>
    public CancellationToken Stop => stop;

    /// <summary>Names what is begun.</summary>
    /// <exception cref="OperationCanceledException">The run is to end.</exception>
    public void Begin(string what)
    {
        stop.ThrowIfCancellationRequested();
        _doing = what;
        if (_live)
            Console.Write($"\r\e[K{what} …");
    }

    /// <summary>A second of a load: <c>number ok unavailable errors p99</c>.</summary>
    public void Second(string second)
    {
        if (!_live)
            return;
        var parts = second.Split(' ');
        Console.Write($"\r\e[K{_doing}: second {parts[0]}, {parts[1]}/s, p99 {parts[4]} ms{(parts[2] == "0" ? "" : $", {parts[2]} × 503")}");
    }

    /// <summary>Says what came of it.</summary>
    public void Done(string result) => Console.WriteLine(_live ? $"\r\e[K{_doing}: {result}" : $"{_doing}: {result}");

    /// <summary>A line apart.</summary>
    public void Say(string line) => Console.WriteLine(_live ? $"\r\e[K{line}" : line);
}
