using System.Diagnostics;
using System.Globalization;
using ContinueWatching.Testing;

namespace ContinueWatching.Cluster.Tests;

/// <summary>A data folder, and the Standalones that run on it one after the other. All of it is gone after the test.</summary>
internal sealed class StandaloneFolder : IAsyncDisposable
{
    // No database but its own, whatever the developer's shell says; and viewers here report as fast as they are answered.
    private static readonly Dictionary<string, string?> _environment = new()
    {
        ["ConnectionStrings__Postgres"] = null,
        ["Rates__Enabled"] = "false",
    };

    private readonly List<ServiceProcess> _started = [];
    private readonly List<Viewer> _viewers = [];

    public StandaloneFolder()
    {
        // Started by root, Postgres runs as another user, who must find the way in.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("continue-watching-standalone-").FullName;

    public Uri Url { get; } = new($"http://127.0.0.1:{ServiceProcess.FreePorts(1)[0]}");

    public Uri Ready => new(Url, "/health/ready");

    /// <summary>The folder's Postgres.</summary>
    public int? Postgres
    {
        get
        {
            var file = System.IO.Path.Combine(Path, "postgres", "cluster", "postmaster.pid");
            return File.Exists(file) ? int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture) : null;
        }
    }

    public ServiceProcess Start(params string[] arguments)
    {
        var process = ServiceProcess.Start("Standalone", _environment, ["--data", Path, "--urls", Url.ToString(), .. arguments]);
        _started.Add(process);
        return process;
    }

    public async Task<ServiceProcess> StartReadyAsync()
    {
        var process = Start();
        await process.AnswersAsync(Ready);
        return process;
    }

    public async Task<Viewer> SignInAsync(string user)
    {
        var viewer = await Viewer.SignInAsync(Url, user);
        _viewers.Add(viewer);
        return viewer;
    }

    public async ValueTask DisposeAsync()
    {
        _viewers.ForEach(viewer => viewer.Dispose());
        foreach (var process in _started)
            await process.DisposeAsync();
        if (Postgres is { } orphan)
        {
            Signals.Send(orphan, Signals.Interrupt);
            Assert.True(await GoneAsync(orphan, TimeSpan.FromSeconds(20)), $"Postgres {orphan} does not stop.");
        }

        Directory.Delete(Path, recursive: true);
    }

    /// <summary>Whether a process that is not the test's own ends within a limit.</summary>
    public static async Task<bool> GoneAsync(int id, TimeSpan limit)
    {
        try
        {
            using var bounded = new CancellationTokenSource(limit);
            using var process = Process.GetProcessById(id);
            await process.WaitForExitAsync(bounded.Token);
            return true;
        }
        catch (ArgumentException)
        {
            // The framework's word for: there is none.
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
