using ContinueWatching.Testing;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace ContinueWatching.Storage.Tests;

/// <summary>What an operator reads, and does not read, when the connection is set wrong; and how a silo's storage begins and ends.</summary>
public sealed class StorageServicesTests
{
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void A_missing_connection_string_is_named(string? text)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Create(text));

        Assert.Contains("ConnectionStrings:Postgres is not set", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://somebody:abracadabra@host/database")]
    [InlineData("postgres://somebody:abracadabra@host/database?sslmode=require")]
    [InlineData("Host=h;Password=hocus;abracadabra=pocus")]
    [InlineData("Host=h;Password=hocus;abracadabra")]
    [InlineData("Host=h;Port=abracadabra")]
    [InlineData("Host=h;SSL Mode=abracadabra")]
    [InlineData("Password=abracadabra")]
    [InlineData("Host=h;Password=abracadabra;Hots=x")]
    [InlineData("Host=h;Password=abracadabra;Maximum Pool Size=1;Minimum Pool Size=5")]
    public void A_broken_connection_string_is_refused_and_no_value_of_it_repeated(string text)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Create(text));

        Assert.Contains("ConnectionStrings:Postgres is no connection string", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abracadabra", error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_setting_with_a_wrong_value_is_named()
    {
        Assert.Contains("port", Assert.Throws<InvalidOperationException>(() => Create("Host=h;Port=x")).Message, StringComparison.Ordinal);
        Assert.Contains("keyword number 2", Assert.Throws<InvalidOperationException>(
            () => Create("Host=h;Hots=x")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=h", 5)]
    [InlineData("Host=h;Timeout=9", 9)]
    public void Connecting_may_take_five_seconds_unless_the_connection_string_says_otherwise(string text, int seconds)
    {
        using var source = Create(text);

        Assert.Equal(seconds, new NpgsqlConnectionStringBuilder(source.ConnectionString).Timeout);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_that_starts_brings_the_schema_up_to_date_unless_a_deploy_step_does(bool migrate)
    {
        await using var database = await TestPostgres.CreateDatabaseAsync();
        await using var silo = new TestSilo(database.ConnectionString, options => options.MigrateAtStart = migrate);

        await silo.Lifetime.StartAsync(_limit);

        await using var exists = database.DataSource.CreateCommand("select to_regclass('resume') is not null");
        Assert.Equal(migrate, await exists.ExecuteScalarAsync(_limit));
        if (migrate)
            Assert.True(await silo.Store.StoreAsync(Some.Write()));
        await silo.Lifetime.StopAsync(_limit);
    }

    private static NpgsqlDataSource Create(string? text) => StorageServices.CreateDataSource(
        new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Postgres", text)]).Build());
}
