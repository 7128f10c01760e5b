using System.Text;

namespace ContinueWatching.Standalone;

/// <summary>Keeps the server's log within a size: what is over goes to one older file, which the next time replaces.</summary>
internal sealed class ServerLogBound : IAsyncDisposable
{
    /// <summary>In bytes; the older file holds as much again.</summary>
    public const long MaxLength = 16 * 1024 * 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly string _file;
    private readonly PeriodicTimer _timer = new(Interval);
    private readonly Task _watching;

    /// <summary>Watches a log file from now on, whether it exists yet or not.</summary>
    public ServerLogBound(string file)
    {
        _file = file;
        _watching = WatchAsync();
    }

    /// <summary>In bytes.</summary>
    public long Length => File.Exists(_file) ? new FileInfo(_file).Length : 0;

    /// <summary>Cuts the log when it is too long. The server writes on at its end, wherever that is by then.</summary>
    public void Trim()
    {
        if (Length <= MaxLength)
            return;
        try
        {
            File.Copy(_file, _file + ".1", overwrite: true);
            using var log = new FileStream(_file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            log.SetLength(0);
        }
        catch (IOException)
        {
            // Somebody holds it, a backup perhaps: the next minute is early enough.
        }
    }

    /// <summary>What the server has said since the log had a length.</summary>
    public string ReadFrom(long position)
    {
        if (!File.Exists(_file))
            return "";
        using var log = new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = Math.Min(position, log.Length);
        using var reader = new StreamReader(log, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Ends the watch.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching;
    }

    private async Task WatchAsync()
    {
        while (await _timer.WaitForNextTickAsync())
            Trim();
    }
}
