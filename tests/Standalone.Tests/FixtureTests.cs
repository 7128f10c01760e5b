using ContinueWatching.Testing;
using Npgsql;

namespace ContinueWatching.Standalone.Tests;

/// <summary>The live Postgres that all other tests stand on.</summary>
public class FixtureTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_databases_of_one_test_process_share_no_rows()
    {
        await using var one = await TestPostgres.CreateDatabaseAsync();
        await using var other = await TestPostgres.CreateDatabaseAsync();
        await using (var create = one.DataSource.CreateCommand("create table only_here (id int)"))
            await create.ExecuteNonQueryAsync();

        await using var look = other.DataSource.CreateCommand("select to_regclass('only_here')::text");

        Assert.Equal(DBNull.Value, await look.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_database_is_dropped_although_somebody_is_still_connected()
    {
        var database = await TestPostgres.CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();

        await database.DisposeAsync();

        await using var again = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        var gone = await Assert.ThrowsAsync<PostgresException>(() => again.OpenAsync());
        Assert.Equal(PostgresErrorCodes.InvalidCatalogName, gone.SqlState);
    }

    [Fact]
    public async Task A_paused_server_answers_nothing_until_it_goes_on()
    {
        await using var server = await TestPostgresServer.StartAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select 1", connection);

        server.Pause();
        var answer = command.ExecuteScalarAsync();
        var newcomer = new NpgsqlConnection(server.ConnectionString + ";Pooling=false;Timeout=1");
        await using (newcomer)
            await Assert.ThrowsAsync<NpgsqlException>(() => newcomer.OpenAsync());
        Assert.False(answer.IsCompleted);
        server.Resume();

        Assert.Equal(1, await answer.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_server_can_be_stopped_and_killed_and_started_again_where_it_was()
    {
        await using var server = await TestPostgresServer.StartAsync();
        await using var database = await server.CreateDatabaseAsync();
        await using var command = database.DataSource.CreateCommand("select 1");
        var port = server.Port;

        await server.StopAsync(PostgresStopMode.Immediate);
        await Assert.ThrowsAsync<NpgsqlException>(() => command.ExecuteScalarAsync());
        await server.StartAgainAsync();
        await server.KillAsync();
        await server.StartAgainAsync();

        Assert.Equal(port, server.Port);
        await using var fresh = await server.CreateDatabaseAsync();
        await using var ask = fresh.DataSource.CreateCommand("select 1");
        Assert.Equal(1, await ask.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_paused_server_can_be_thrown_away()
    {
        var server = await TestPostgresServer.StartAsync();
        server.Pause();

        await server.DisposeAsync();

        await using var newcomer = new NpgsqlConnection(server.ConnectionString + ";Pooling=false;Timeout=5");
        await Assert.ThrowsAsync<NpgsqlException>(() => newcomer.OpenAsync());
    }
}
