using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using static ContinueWatching.Standalone.Tests.Questions;

namespace ContinueWatching.Standalone.Tests;

/// <summary>What an embedded Postgres promises about its data, its owner and the runs that were killed before.</summary>
public sealed class EmbeddedPostgresTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TempFolder _machine = TempFolder.Open();

    private string Data => Path.Combine(_machine.Path, "data");

    private string Cluster => Path.Combine(Data, "cluster");

    private string PidFile => Path.Combine(Cluster, "postmaster.pid");

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Data_survive_a_stop_and_a_start()
    {
        await using (var first = await StartAsync())
            await RunAsync(first, "create table kept as select 7 as n");

        await using var second = await StartAsync();

        Assert.Equal(7, await AskAsync(second, "select n from kept"));
    }

    [Fact]
    public async Task Data_survive_a_kill_and_the_server_comes_back_on_its_port()
    {
        await using var postgres = await StartAsync();
        var port = postgres.Port;
        await RunAsync(postgres, "create table kept as select 7 as n");

        await postgres.KillAsync();
        await postgres.StartAgainAsync();

        Assert.Equal(port, postgres.Port);
        Assert.Equal(7, await AskAsync(postgres, "select n from kept"));
    }

    [Fact]
    public async Task A_folder_is_free_again_when_its_owner_is_done()
    {
        await using (await StartAsync())
        {
        }

        using var folder = PostgresFolder.TryTake(Data);

        Assert.NotNull(folder);
    }

    [Fact]
    public async Task A_server_left_behind_by_a_killed_run_is_replaced()
    {
        await using (var killed = await StartAsync())
            await RunAsync(killed, "create table kept as select 7 as n");
        await StartWithoutOwnerAsync();
        var orphan = await Postmaster.FindAsync(Cluster);

        await using var next = await StartAsync();

        Assert.NotNull(orphan);
        Assert.NotEqual(orphan, next.ProcessId);
        Assert.Equal(7, await AskAsync(next, "select n from kept"));
    }

    [Fact]
    public async Task A_pid_file_of_a_dead_server_does_not_block()
    {
        await using (var killed = await StartAsync())
            await killed.KillAsync();
        Assert.True(File.Exists(PidFile));

        await using var next = await StartAsync();

        Assert.Equal(1, await AskAsync(next, "select 1"));
    }

    [Fact]
    public async Task A_pid_file_whose_number_is_a_strangers_by_now_does_not_block_and_the_stranger_lives()
    {
        await using (var killed = await StartAsync())
            await killed.KillAsync();
        using var stranger = StartStranger();
        File.WriteAllLines(PidFile, [$"{stranger.Id}", .. File.ReadLines(PidFile).Skip(1)]);

        await using (var next = await StartAsync())
            Assert.Equal(1, await AskAsync(next, "select 1"));

        Assert.False(stranger.HasExited);
        stranger.Kill();
        await stranger.WaitForExitAsync();
    }

    [Fact]
    public async Task A_half_finished_initdb_is_done_over()
    {
        var half = _machine.Make("data/cluster.new");
        File.WriteAllText(Path.Combine(half, "PG_VERSION"), "15\n");
        File.WriteAllText(Path.Combine(Data, "password"), "of the half-finished one");

        await using var postgres = await StartAsync();

        Assert.False(Directory.Exists(half));
        Assert.Equal(1, await AskAsync(postgres, "select 1"));
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing_running_and_can_be_tried_again()
    {
        using var cancelled = new CancellationTokenSource();
        var ports = () =>
        {
            // initdb is done by now and the server is next.
            cancelled.Cancel();
            return FreePort();
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => EmbeddedPostgres.StartAsync(Options(), NullLogger.Instance, ports, cancelled.Token));

        Assert.Null(await Postmaster.FindAsync(Cluster));
        await using var postgres = await StartAsync();
        Assert.Equal(1, await AskAsync(postgres, "select 1"));
    }

    [Fact]
    public async Task A_port_that_is_taken_meanwhile_gives_way_to_another()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var ports = new Queue<int>([((IPEndPoint)taken.LocalEndpoint).Port, FreePort()]);
        var second = ports.Last();

        await using var postgres = await EmbeddedPostgres.StartAsync(
            Options(), NullLogger.Instance, ports.Dequeue, CancellationToken.None);

        Assert.Equal(second, postgres.Port);
        Assert.Equal(1, await AskAsync(postgres, "select 1"));
    }

    [Fact]
    public async Task A_chosen_port_that_is_taken_is_an_error_with_the_servers_own_words()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => StartAsync(port));

        Assert.Contains($"port {port}", error.Message);
        Assert.Contains("could not bind", error.Message);
    }

    [Fact]
    public async Task Below_a_folder_that_the_servers_user_may_not_enter_the_data_live_elsewhere()
    {
        var closed = _machine.Make("closed");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var wanted = Path.Combine(closed, "data");
        var options = new EmbeddedPostgresOptions { DataDirectory = wanted };

        var postgres = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None);
        try
        {
            Assert.Equal(1, await AskAsync(postgres, "select 1"));
            if (Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
            {
                Assert.StartsWith("/var/lib/continue-watching/", postgres.DataDirectory);
                Assert.Empty(Directory.EnumerateFileSystemEntries(closed));
            }
            else
            {
                Assert.Equal(wanted, postgres.DataDirectory);
            }
        }
        finally
        {
            await postgres.DeleteAsync();
        }
    }

    [Fact]
    public async Task An_abandoned_directory_is_removed_with_its_server_and_an_owned_one_is_not()
    {
        await using (await StartAsync())
            Assert.False(await EmbeddedPostgres.RemoveAbandonedAsync(Data));
        await StartWithoutOwnerAsync();
        var orphan = await Postmaster.FindAsync(Cluster);

        Assert.True(await EmbeddedPostgres.RemoveAbandonedAsync(Data));

        Assert.NotNull(orphan);
        Assert.False(Directory.Exists(Data));
        Assert.True(await Postmaster.GoneWithinAsync(orphan.Value, Cluster, Limit));
    }

    [Fact]
    public async Task The_servers_log_is_cut_when_it_grows_too_long()
    {
        await using var postgres = await StartAsync();
        var file = Path.Combine(Cluster, "server.log");
        await using var bound = new ServerLogBound(file);
        using (var log = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            log.SetLength(ServerLogBound.MaxLength + 1);

        bound.Trim();
        await RunAsync(postgres, "do $$ begin raise warning 'still logging'; end $$");

        Assert.InRange(bound.Length, 1, 10_000);
        Assert.Contains("still logging", bound.ReadFrom(0));
        Assert.Equal(ServerLogBound.MaxLength + 1, new FileInfo(file + ".1").Length);
    }

    private EmbeddedPostgresOptions Options(int port = 0) => new() { DataDirectory = Data, Port = port };

    private Task<EmbeddedPostgres> StartAsync(int port = 0) =>
        EmbeddedPostgres.StartAsync(Options(port), NullLogger.Instance, CancellationToken.None);

    // What is there after its owner got a SIGKILL: a server, and nobody who holds the lock.
    private async Task StartWithoutOwnerAsync()
    {
        var bin = await PostgresBinaries.FindAsync(PostgresSearch.OfThisProcess(), NullLogger.Instance, CancellationToken.None);
        await new PostgresTools(bin, ServerUser.Current()).RunAsync(
            "pg_ctl", Cluster, Limit, CancellationToken.None, "start", "-D", Cluster, "-l", Path.Combine(Cluster, "server.log"), "-w");
    }

    // As the server's own user: processes of other users are no obstacle to Postgres.
    private static Process StartStranger() =>
        Process.Start(new ProcessStartInfo("sleep", ["300"]) { UserName = ServerUser.Current().Name ?? "", WorkingDirectory = "/" })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
