using Npgsql;

namespace ContinueWatching.Testing;

/// <summary>One empty database on a live server, dropped when its test is done with it.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _name;

    private TestDatabase(string server, string name)
    {
        _server = server;
        _name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>How a process under test connects.</summary>
    public string ConnectionString { get; }

    /// <summary>A pool for the test's own questions.</summary>
    public NpgsqlDataSource DataSource { get; }

    public static async Task<TestDatabase> CreateAsync(string server)
    {
        var name = $"test_{Guid.NewGuid():N}";
        await RunAsync(server, $"create database {name}");
        return new TestDatabase(server, name);
    }

    /// <summary>Lets connections in, or refuses them and ends those that are there: a database that is away, on a server that is not.</summary>
    public Task LetInAsync(bool allowed) => RunAsync(_server, $"""
        alter database {_name} with allow_connections {allowed};
        select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = '{_name}' and not {allowed};
        """);

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await RunAsync(_server, $"drop database {_name} with (force)");
    }

    private static async Task RunAsync(string server, string sql)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(unpooled);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
