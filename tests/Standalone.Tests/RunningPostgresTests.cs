using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using static ContinueWatching.Standalone.Tests.Questions;

namespace ContinueWatching.Standalone.Tests;

/// <summary>How a running embedded Postgres shows itself: to clients, to strangers, to a second owner.</summary>
public sealed class RunningPostgresTests(RunningPostgres running) : IClassFixture<RunningPostgres>
{
    [Fact]
    public async Task Starting_a_running_server_again_does_nothing()
    {
        var postgres = running.Postgres;
        var process = postgres.ProcessId;

        await postgres.StartAgainAsync();

        Assert.Equal(process, postgres.ProcessId);
    }

    [Fact]
    public async Task It_listens_on_loopback_only_without_a_socket_file_and_with_durability_on()
    {
        var postgres = running.Postgres;

        Assert.Equal("127.0.0.1", await AskAsync(postgres, "show listen_addresses"));
        Assert.Equal("", await AskAsync(postgres, "show unix_socket_directories"));
        Assert.Equal("on", await AskAsync(postgres, "show fsync"));
        Assert.Equal("on", await AskAsync(postgres, "show synchronous_commit"));
        Assert.Equal("UTF8", await AskAsync(postgres, "show server_encoding"));
    }

    [Fact]
    public async Task A_client_without_the_password_is_refused()
    {
        var postgres = running.Postgres;
        var stranger = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guess", Pooling = false };

        await using var connection = new NpgsqlConnection(stranger.ConnectionString);

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }

    [Fact]
    public async Task The_password_is_for_its_owner_and_the_copy_for_initdb_is_gone()
    {
        var data = running.Postgres.DataDirectory;

        Assert.Equal(["cluster", "owner.lock", "password"], Directory.EnumerateFileSystemEntries(data).Select(Path.GetFileName).Order());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "password")));
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(Path.Combine(data, "cluster")));
        }
    }

    [Fact]
    public async Task Ctrl_C_in_our_terminal_does_not_reach_it()
    {
        var postgres = running.Postgres;

        // A terminal signals the processes of one session, in one process group of it.
        Assert.NotEqual(SessionOf(Environment.ProcessId), SessionOf(postgres.ProcessId!.Value));
    }

    [Fact]
    public async Task A_second_owner_is_refused_by_the_name_of_the_directory()
    {
        var first = running.Postgres;
        var options = new EmbeddedPostgresOptions { DataDirectory = first.DataDirectory };

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None));

        Assert.Contains(first.DataDirectory, error.Message);
        Assert.Contains("in use by another process", error.Message);
        Assert.Equal(1, await AskAsync(first, "select 1"));
    }

    [DllImport("libc", EntryPoint = "getsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SessionOf(int process);
}

/// <summary>One server with the settings of production, for tests that leave it as it is.</summary>
public sealed class RunningPostgres : IAsyncLifetime
{
    private readonly TempFolder _machine = TempFolder.Open();

    public EmbeddedPostgres Postgres { get; private set; } = null!;

    public async Task InitializeAsync() =>
        Postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataDirectory = Path.Combine(_machine.Path, "data") },
            NullLogger.Instance,
            CancellationToken.None);

    public async Task DisposeAsync()
    {
        await Postgres.DisposeAsync();
        _machine.Dispose();
    }
}
