using System.ComponentModel;
using System.Diagnostics;
using ContinueWatching.Testing;

namespace ContinueWatching.Bench.Systems;

/// <summary>A Redis of the run's own, on loopback, as a cache: nothing of it is kept on disk.</summary>
internal sealed class Redis : IDisposable
{
    private readonly Process _process;

    private Redis(Process process, int port) => (_process, Port) = (process, port);

    /// <summary>The TCP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>How a client connects.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>Processor time, in seconds.</summary>
    public double CpuSeconds => Cpu.Of(_process.Id);

    /// <summary>Starts it; null where redis-server is not installed.</summary>
    public static Redis? TryStart()
    {
        var port = ServiceProcess.FreePorts(1)[0];
        try
        {
            return new Redis(
                Process.Start(new ProcessStartInfo(
                    "redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"])
                {
                    RedirectStandardOutput = true,
                    WorkingDirectory = Path.GetTempPath(),
                })!,
                port);
        }
        catch (Win32Exception)
        {
            // Not installed: the caller says so, and goes on without.
            return null;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
