using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ContinueWatching.Testing;

/// <summary>
/// One of our services as a process of its own, as a deployment runs it: started with an environment, listened to, signalled, and
/// always gone when its test is done with it.
/// </summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private static readonly ConcurrentDictionary<int, bool> _given = [];
    private static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private TaskCompletionSource _nextLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has said so far, standard output and errors, line by line.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>All that it has said, for the message of a test that fails.</summary>
    public string Said => string.Join('\n', Lines);

    /// <summary>Forgets what it has said, so that a test that shares it hears only what it caused itself.</summary>
    public void Forget()
    {
        lock (_lines)
            _lines.Clear();
    }

    /// <summary>Starts what src/<paramref name="project"/>, or a sample, was built to, in its own folder.</summary>
    /// <param name="project">The folder, which the test project references: <c>Silo</c>, <c>Api</c>, <c>Standalone</c>, <c>CatalogLoader</c>.</param>
    /// <param name="environment">Configuration: <c>ConnectionStrings__Postgres</c>, …; null takes a variable away.</param>
    /// <param name="arguments">The command line.</param>
    public static ServiceProcess Start(
        string project, IReadOnlyDictionary<string, string?> environment, params string[] arguments) => Start(project, environment, arguments, []);

    /// <summary>The same by a <paramref name="launcher"/> that becomes the process, such as <c>ip netns exec name</c>.</summary>
    public static ServiceProcess Start(
        string project, IReadOnlyDictionary<string, string?> environment, string[] arguments, string[] launcher)
    {
        var assembly = FindAssembly(project);
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] command = [.. launcher, dotnet, assembly, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = Path.GetDirectoryName(assembly),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Its port is the same for all, and a test machine has several at a time: who wants one says where.
        start.Environment["Admin__Url"] = "";

        // All silos of a test are on one machine.
        start.Environment["Cluster__AllowLoopback"] = "true";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var service = new ServiceProcess(new Process { StartInfo = start });
        service._process.Start();
        service._process.StandardInput.Close();
        service._process.BeginOutputReadLine();
        service._process.BeginErrorReadLine();
        return service;
    }

    /// <summary>Ports that nobody listens on at this moment, and that no other test of this process was given.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = new List<TcpListener>();
        try
        {
            var ports = new List<int>();
            while (ports.Count < count)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listeners.Add(listener);
                listener.Start();
                var port = ((IPEndPoint)listener.LocalEndpoint).Port;
                if (_given.TryAdd(port, true))
                    ports.Add(port);
            }

            return [.. ports];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    /// <summary>The first line that contains <paramref name="text"/>, said already or still to come.</summary>
    /// <exception cref="TimeoutException">It is not said in time, or the process ends without it.</exception>
    public async Task<string> LineAsync(string text, TimeSpan? within = null)
    {
        using var bounded = new CancellationTokenSource(within ?? _patience);
        var exit = _process.WaitForExitAsync(bounded.Token);
        while (true)
        {
            var ended = exit.IsCompletedSuccessfully;
            Task next;
            lock (_lines)
            {
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                    return found;
                next = _nextLine.Task;
            }

            if (ended || (await Task.WhenAny(exit, next)).IsCanceled)
                throw new TimeoutException($"\"{text}\" was not said. What was:\n{Said}");
        }
    }

    /// <summary>Asks until <paramref name="url"/> answers <paramref name="status"/>.</summary>
    /// <returns>The body of that answer.</returns>
    /// <exception cref="TimeoutException">It does not in time, or the process ends.</exception>
    public async Task<string> AnswersAsync(Uri url, HttpStatusCode status = HttpStatusCode.OK, TimeSpan? within = null)
    {
        using var bounded = new CancellationTokenSource(within ?? _patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var last = "nothing";
        while (!HasExited)
        {
            try
            {
                using var answer = await _http.GetAsync(url, bounded.Token);
                last = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(bounded.Token)}";
                if (answer.StatusCode == status)
                    return await answer.Content.ReadAsStringAsync(bounded.Token);
            }
            catch (HttpRequestException refused)
            {
                last = refused.Message;
            }
            catch (OperationCanceledException)
            {
                last = "no answer";
            }

            if (bounded.IsCancellationRequested)
                break;
            try
            {
                await timer.WaitForNextTickAsync(bounded.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        throw new TimeoutException($"{url} did not answer {(int)status}. Last: {last}. What the process said:\n{Said}");
    }

    /// <summary>Sends one of <see cref="Signals"/>.</summary>
    public void Signal(int signal) => Signals.Send(_process.Id, signal);

    /// <summary>The exit code, when everything that it said has been heard.</summary>
    /// <exception cref="TimeoutException">It does not end in time.</exception>
    public async Task<int> ExitAsync(TimeSpan? within = null)
    {
        using var bounded = new CancellationTokenSource(within ?? _patience);
        try
        {
            await _process.WaitForExitAsync(bounded.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The process did not end. What it said:\n{Said}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        TaskCompletionSource heard;
        lock (_lines)
        {
            _lines.Add(line);
            (heard, _nextLine) = (_nextLine, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        heard.SetResult();
    }

    /// <summary>Where src/<paramref name="project"/>, a sample or a baseline was built to.</summary>
    public static string FindAssembly(string project)
    {
        // Tests run from tests/X.Tests/bin/<configuration>/<framework>, and the service has the same two.
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var built = Path.Combine(project, "bin", framework.Parent!.Name, framework.Name, $"ContinueWatching.{project}.dll");
        return new[] { "src", "samples", "bench" }.Select(folder => Path.Combine(RepositoryRoot(), folder, built)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{project} is not built.", built);
    }

    /// <summary>The folder of the solution.</summary>
    public static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ContinueWatching.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"No ContinueWatching.sln above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }
}
