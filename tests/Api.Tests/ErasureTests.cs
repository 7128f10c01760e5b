using Npgsql;

namespace ContinueWatching.Api.Tests;

/// <summary>A user who asks to be erased while devices go on reporting and reading.</summary>
public sealed class ErasureTests(RunningService running) : ApiTest(running)
{
    private readonly RunningService _running = running;

    [Fact]
    public async Task Erased_under_load_nothing_of_the_user_is_in_any_table_and_what_was_watched_before_does_not_come_back()
    {
        for (var round = 0; round < 5; round++)
        {
            var viewer = new Viewer(Service, Tokens);
            var titles = Enumerable.Range(0, 60).Select(_ => Guid.NewGuid()).ToArray();
            await Task.WhenAll(titles.Select(title => viewer.ReportAsync(title, 100, "tv", 5000)));
            await viewer.MarkWatchedAsync(titles[0]);
            await viewer.SendAsync(HttpMethod.Put, $"/users/{viewer.User}/watchlist/{titles[1]}");
            using var done = new CancellationTokenSource();
            var started = Now;

            // Reports of the past and reads, as fast as they are answered, on eight devices; the erasure comes into the middle of it.
            var load = Enumerable.Range(0, 8).Select(device => LoadAsync(viewer, titles, $"device-{device}", started, done.Token)).ToArray();
            await Task.WhenAll(titles.Take(20).Select(title => viewer.ReportAsync(title, 200, "tv", 5000)));
            var receipt = await viewer.SendAsync(HttpMethod.Delete, $"/users/{viewer.User}?confirm={viewer.User}");
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => viewer.RowAsync()));
            await done.CancelAsync();
            await Task.WhenAll(load);

            Assert.Equal(1, receipt.GetProperty("rows").GetProperty("users").GetInt32());
            Assert.InRange(receipt.GetProperty("rows").GetProperty("resume").GetInt32(), 60, 60 * 8);
            Assert.Empty(await viewer.RowAsync());
            Assert.Empty(await viewer.HistoryAsync());
            Assert.Empty(await TablesThatKnowAsync(viewer.User));
        }
    }

    [Fact]
    public async Task What_is_watched_after_an_erasure_starts_anew()
    {
        var viewer = new Viewer(Service, Tokens);
        await viewer.ReportAsync(Title, 4990, "tv", 5000);
        await viewer.SendAsync(HttpMethod.Delete, $"/users/{viewer.User}?confirm={viewer.User}");

        var told = await viewer.ReportAsync(Title, 100, "tv", 5000);

        Assert.Equal(("applied", false, 0), (told.Outcome, told.Completed, told.PlayCount));
        Assert.Equal([Title], await viewer.RowTitlesAsync());
    }

    [Fact]
    public async Task An_erasure_of_nobody_is_answered_with_an_empty_receipt()
    {
        var nobody = new Viewer(Service, Tokens);

        var receipt = await nobody.SendAsync(HttpMethod.Delete, $"/users/{nobody.User}?confirm={nobody.User}");

        Assert.All(receipt.GetProperty("rows").EnumerateObject(), table => Assert.Equal(0, table.Value.GetInt32()));
    }

    [Theory]
    [InlineData("/users/me")]
    [InlineData("/users/me/watchlist/..")]
    [InlineData("/users/me?confirm=")]
    [InlineData("/users/me?confirm=yes")]
    [InlineData("/users/me?confirm=ME")]
    public async Task An_erasure_that_does_not_name_the_user_twice_is_refused_and_erases_nothing(string path)
    {
        await PutAsync(Report);

        // Whoever meets them first takes the dots out of the path, the HTTP client or Kestrel.
        await RefusesAsync(400, "confirm", () => Service.SendAsync(HttpMethod.Delete, path, Token));

        Assert.NotNull(await PlaceAsync());
    }

    // Of before the erasure, whenever they arrive.
    private static async Task LoadAsync(Viewer viewer, Guid[] titles, string device, DateTimeOffset started, CancellationToken done)
    {
        for (var beat = 1; !done.IsCancellationRequested; beat++)
        {
            var title = titles[beat * 7 % titles.Length];
            await viewer.ReportAsync(title, 100 + beat, device, 5000, ago: Now - started + TimeSpan.FromMinutes(1));
            await viewer.RowAsync();
            await viewer.PlaceAsync(title);
        }
    }

    // Every table that there is, so that none is overlooked which is added later. The tombstone does not name the user.
    private async Task<List<string>> TablesThatKnowAsync(string user)
    {
        await using var connection = await _running.Database.DataSource.OpenConnectionAsync();
        var tables = new List<string>();
        await using (var list = new NpgsqlCommand("select tablename from pg_tables where schemaname = 'public'", connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                tables.Add(reader.GetString(0));
        }

        var knowing = new List<string>();
        foreach (var table in tables)
        {
            await using var command = new NpgsqlCommand($"select exists (select from {table} t where t::text like '%' || $1 || '%')", connection);
            command.Parameters.Add(new() { Value = user });
            if (await command.ExecuteScalarAsync() is true)
                knowing.Add(table);
        }

        Assert.Contains("resume", tables);
        return knowing;
    }
}
