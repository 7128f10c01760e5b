using System.Diagnostics;
using System.Text.Json;
using ContinueWatching.Bench.Load;
using ContinueWatching.Contracts;
using ContinueWatching.Hosting;
using ContinueWatching.Silo;
using ContinueWatching.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ContinueWatching.Bench.Systems;

/// <summary>What users cost in a silo's memory, and how fast they wake.</summary>
/// <param name="Users">How many were woken.</param>
/// <param name="WokenPerSecond">Cold users whose row was read, per second.</param>
/// <param name="LiveBytes">What is left of each after a full collection.</param>
/// <param name="LiveBytesAfterHeartbeats">The same once all have reported as well.</param>
/// <param name="ResidentBytes">By how much the process has grown for each, the collector's reserves included.</param>
/// <param name="WakeAllocatedBytes">Allocated for each waking.</param>
/// <param name="HeartbeatsPerSecond">Durable heartbeats at the grains, without HTTP.</param>
/// <param name="HeartbeatAllocatedBytes">Allocated for each of them.</param>
/// <param name="HeartbeatCpuMicroseconds">Processor time of the silo for each.</param>
internal sealed record GrainResult(
    int Users,
    double WokenPerSecond,
    double LiveBytes,
    double LiveBytesAfterHeartbeats,
    double ResidentBytes,
    double WakeAllocatedBytes,
    double HeartbeatsPerSecond,
    double HeartbeatAllocatedBytes,
    double HeartbeatCpuMicroseconds)
{
    /// <summary>The median of each figure.</summary>
    public static GrainResult Median(IReadOnlyList<GrainResult> runs)
    {
        return new(
            runs[0].Users, Of(run => run.WokenPerSecond), Of(run => run.LiveBytes), Of(run => run.LiveBytesAfterHeartbeats), Of(run => run.ResidentBytes),
            Of(run => run.WakeAllocatedBytes), Of(run => run.HeartbeatsPerSecond), Of(run => run.HeartbeatAllocatedBytes), Of(run => run.HeartbeatCpuMicroseconds));

        double Of(Func<GrainResult, double> figure) => Figures.Median(runs.Select(figure));
    }

    /// <summary>The figures in a sentence.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{WokenPerSecond:0} woken/s; each {LiveBytes:0} B live, {LiveBytesAfterHeartbeats:0} B after heartbeats, {ResidentBytes:0} B resident; ")
        + FormattableString.Invariant($"{HeartbeatsPerSecond:0} heartbeats/s at the grains, of {HeartbeatAllocatedBytes:0} B allocated and {HeartbeatCpuMicroseconds:0} µs of CPU");
}

/// <summary>A silo in a process of its own, called from within: what its grains can do by themselves.</summary>
internal static class GrainProcess
{
    /// <summary>The verb of this executable.</summary>
    public const string Verb = "grain-process";

    /// <summary>Users behind those that count, who are woken before: so that what wakes is compiled.</summary>
    public const int FirstUsers = 20_000;

    private const int Callers = 1_000;

    private const int HeartbeatsPerUser = 4;

    /// <summary>Starts the process on a seeded database, whose users nobody has asked for yet.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message carries what it said.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled; the process is ended.</exception>
    public static async Task<GrainResult> RunAsync(TestBed bed, SystemUnderTest database, int users, CancellationToken stop)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(GrainProcess).Assembly.Location, Verb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_gcServer"] = "1"; // as a silo has it
        start.Environment["ConnectionStrings__Postgres"] = database.ConnectionString;
        start.Environment["Users"] = $"{users}";
        foreach (var (name, value) in bed.Telemetry.Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        await using var ending = stop.Register(process.Kill);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var said = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        stop.ThrowIfCancellationRequested();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<GrainResult>(said.Split('\n').Last(line => line.StartsWith('{')))!
            : throw new InvalidOperationException($"The grains' process ended with {process.ExitCode}:\n{said}\n{await errors}");
    }

    /// <summary>What the process does.</summary>
    public static async Task<int> ServeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var ports = ServiceProcess.FreePorts(3);
        builder.Configuration["urls"] = $"http://127.0.0.1:{ports[2]}";
        builder.AddTelemetry("grains", isScraped: false);
        builder.AddGrains(silo => silo.UseLocalhostClustering(ports[0], ports[1]));
        builder.Services.AddSingleton(TimeProvider.System);
        await using var app = builder.Build();
        await app.StartAsync();
        var grains = app.Services.GetRequiredService<IGrainFactory>();
        var users = builder.Configuration.GetValue<int>("Users");
        await ForEachAsync(users, users + FirstUsers, user => ReadRowAsync(grains, user));
        var before = Memory();
        var woken = await MeasureAsync(0, users, user => ReadRowAsync(grains, user));
        var after = Memory();
        var heartbeats = await MeasureAsync(0, users * HeartbeatsPerUser, number => ReportAsync(grains, number % users, number / users));
        var reported = Memory();
        Console.WriteLine();
        Console.WriteLine(JsonSerializer.Serialize(new GrainResult(
            users,
            users / woken.Seconds,
            (after.Live - before.Live) / (double)users,
            (reported.Live - before.Live) / (double)users,
            (after.Resident - before.Resident) / (double)users,
            woken.Allocated / (double)users,
            users * HeartbeatsPerUser / heartbeats.Seconds,
            heartbeats.Allocated / (double)(users * HeartbeatsPerUser),
            heartbeats.Cpu * 1e6 / (users * HeartbeatsPerUser))));
        await app.StopAsync();
        return 0;
    }

    private static async Task ReadRowAsync(IGrainFactory grains, int user)
    {
        var row = await grains.GetUser(UserId.Parse(Population.UserId(user))).GetRowAsync();
        if (row.IsEmpty)
            throw new InvalidOperationException($"User {user} has no row: the database is not seeded.");
    }

    private static Task<ReportResult> ReportAsync(IGrainFactory grains, int user, int step) =>
        grains.GetUser(UserId.Parse(Population.UserId(user))).ReportAsync(
            new Report(new ContentId(Population.ContentId(user, 0)), TimeSpan.FromSeconds(100 + (step * Population.StepSeconds)), TimeProvider.System.GetUtcNow())
            {
                Duration = TimeSpan.FromSeconds(Population.DurationSeconds),
                DeviceId = DeviceId.TryParse(Population.DeviceId(0), out var device) ? device : default,
            });

    private static async Task<(double Seconds, long Allocated, double Cpu)> MeasureAsync(int from, int to, Func<int, Task> call)
    {
        var (allocated, cpu, start) = (GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await ForEachAsync(from, to, call);
        return (
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            GC.GetTotalAllocatedBytes() - allocated,
            (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }

    private static Task ForEachAsync(int from, int to, Func<int, Task> call)
    {
        var next = from - 1;
        return Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            for (var number = Interlocked.Increment(ref next); number < to; number = Interlocked.Increment(ref next))
                await call(number);
        }));
    }

    private static (long Live, long Resident) Memory()
    {
        var live = GC.GetTotalMemory(forceFullCollection: true);
        return (live, Cpu.ResidentBytes(Environment.ProcessId));
    }
}
