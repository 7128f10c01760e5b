using Npgsql;

namespace ContinueWatching.Storage.Tests;

/// <summary>A lock held by the test: whoever needs it waits until it is released.</summary>
internal sealed class Hold : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private Hold(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    /// <summary>The session that holds it.</summary>
    public int Pid => _connection.ProcessID;

    public static async Task<Hold> TakeAsync(NpgsqlDataSource source, string sql, CancellationToken limit)
    {
        var connection = await source.OpenConnectionAsync(limit);
        var hold = new Hold(connection, await connection.BeginTransactionAsync(limit));
        await hold.ExecuteAsync(sql, limit);
        return hold;
    }

    public async Task ExecuteAsync(string sql, CancellationToken limit = default)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(limit);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}

/// <summary>A lane held up by the test, with the report that waits for the lock.</summary>
internal sealed class BlockedLane(Hold hold, Task<bool> write) : IAsyncDisposable
{
    public Hold Hold => hold;

    public Task<bool> Write => write;

    public async Task ReleaseAsync()
    {
        await hold.DisposeAsync();
        Assert.True(await write);
    }

    public ValueTask DisposeAsync() => hold.DisposeAsync();
}
