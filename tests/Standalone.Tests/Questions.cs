using Npgsql;

namespace ContinueWatching.Standalone.Tests;

/// <summary>Single statements to a server that may be stopped at any time, so each on a connection of its own.</summary>
internal static class Questions
{
    public static async Task RunAsync(EmbeddedPostgres postgres, string sql) => await AskAsync(postgres, sql);

    public static async Task<object?> AskAsync(EmbeddedPostgres postgres, string sql)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
