using System.Net;
using System.Net.Sockets;
using ContinueWatching.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ContinueWatching.Standalone.Tests;

/// <summary>Standalone's own process, told to stop before it serves, or met by a Postgres that does not let it in.</summary>
public sealed class UnfinishedStartTests : IAsyncLifetime
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);

    private readonly TempFolder _folder = TempFolder.Open();

    private string Data => Path.Combine(_folder.Path, "data");

    private string Postgres => Path.Combine(Data, "postgres");

    private string Cluster => Path.Combine(Postgres, "cluster");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await EmbeddedPostgres.RemoveAbandonedAsync(Postgres);
        _folder.Dispose();
    }

    [Fact]
    public async Task Told_to_stop_before_its_Postgres_is_ready_it_ends_well_and_takes_what_it_has_begun_along()
    {
        await using var standalone = Start(new() { [PostgresBinaries.Variable] = await StuckPostgresAsync() });
        await UntilAsync(() => File.Exists(Path.Combine(Cluster, "held")), standalone);
        Assert.NotNull(await Postmaster.FindAsync(Cluster));

        standalone.Signal(Signals.Terminate);

        await EndsAsync(standalone, 0);
        Assert.Null(await Postmaster.FindAsync(Cluster));
    }

    [Fact]
    public async Task Told_to_stop_while_a_database_keeps_it_waiting_it_ends_well()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        await using var standalone = Start(
            new() { ["ConnectionStrings__Postgres"] = $"Host=127.0.0.1;Port={port};Username=somebody;Timeout=300" }, "--dev-tokens");
        using var patience = new CancellationTokenSource(_limit);
        using var waiting = await silent.AcceptTcpClientAsync(patience.Token);

        standalone.Signal(Signals.Terminate);

        await EndsAsync(standalone, 0);
    }

    [Fact]
    public async Task A_Postgres_of_its_own_that_refuses_it_is_told_in_one_line_and_not_left_running()
    {
        await using (await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataDirectory = Postgres }, NullLogger.Instance, CancellationToken.None))
        {
        }

        await File.WriteAllTextAsync(Path.Combine(Postgres, "password"), "another's");
        await using var standalone = Start([]);

        await EndsAsync(standalone, 1);
        Assert.Single(standalone.Lines, line => line.StartsWith("Not started: 28P01: password authentication failed", StringComparison.Ordinal));
        Assert.Null(await Postmaster.FindAsync(Cluster));
    }

    private ServiceProcess Start(Dictionary<string, string?> environment, params string[] arguments)
    {
        // No database but the test's, whatever the developer's shell says.
        environment.TryAdd("ConnectionStrings__Postgres", null);
        return ServiceProcess.Start("Standalone", environment, ["--data", Data, "--urls", "http://127.0.0.1:0", .. arguments]);
    }

    private static async Task EndsAsync(ServiceProcess standalone, int exitCode)
    {
        Assert.True(await standalone.ExitAsync(_limit) == exitCode, standalone.Said);
        Assert.DoesNotContain("   at ", standalone.Said, StringComparison.Ordinal);
    }

    // The machine's own programs, but a start of the server has no end: it is up, and nobody says so.
    private async Task<string> StuckPostgresAsync()
    {
        var real = await PostgresBinaries.FindAsync(PostgresSearch.OfThisProcess(), NullLogger.Instance, CancellationToken.None);
        var bin = _folder.Make("bin");
        foreach (var program in new[] { "postgres", "initdb", "pg_ctl" })
        {
            var script = Path.Combine(bin, program);
            await File.WriteAllTextAsync(script, $$"""
                #!/bin/sh
                '{{real}}/{{program}}' "$@" || exit
                [ "$1" != start ] || { touch "$3/held"; exec sleep 600; }
                """);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(script, File.GetUnixFileMode(bin));
        }

        return bin;
    }

    private static async Task UntilAsync(Func<bool> condition, ServiceProcess process)
    {
        using var patience = new CancellationTokenSource(_limit);
        using var timer = new PeriodicTimer(_interval);
        while (!condition())
        {
            Assert.False(process.HasExited, process.Said);
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }
}
