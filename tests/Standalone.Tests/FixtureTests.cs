using ContinueWatching.Testing;

namespace ContinueWatching.Standalone.Tests;

/// <summary>The live Postgres that all other tests stand on.</summary>
public class FixtureTests
{
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
}
