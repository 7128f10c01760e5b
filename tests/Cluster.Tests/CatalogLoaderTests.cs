using ContinueWatching.Testing;

namespace ContinueWatching.Cluster.Tests;

/// <summary>The sample of an internal service: it finds the silos in their database, and calls the titles' grains.</summary>
public sealed class CatalogLoaderTests
{
    private static readonly string _sample = Path.Combine(ServiceProcess.RepositoryRoot(), "samples", "CatalogLoader", "titles.jsonl");

    [Fact]
    public async Task A_catalogue_loaded_by_grain_calls_is_what_the_API_tells_and_outlives_its_silo()
    {
        await using var deployment = await Deployment.CreateAsync();
        var silo = await deployment.StartReadySiloAsync();

        var loader = deployment.StartCatalogLoader(_sample);
        Assert.True(await loader.ExitAsync() == 0, loader.Said);
        Assert.StartsWith("4 of 4 titles stored in ", Assert.Single(loader.Lines), StringComparison.Ordinal);
        silo.Process.Signal(Signals.Terminate);
        await silo.Process.ExitAsync();

        await deployment.StartReadySiloAsync();
        await deployment.StartReadyApiAsync();
        var viewer = deployment.SignIn("123");
        var episode = await viewer.TitleAsync(new Guid("5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d02"));
        Assert.Equal(2, episode.GetProperty("episode").GetInt32());
        Assert.Equal(2622, episode.GetProperty("creditsStart").GetDouble());
        Assert.Equal("5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d03", episode.GetProperty("nextContentId").GetString());
    }

    [Fact]
    public async Task Lines_that_are_no_titles_are_told_by_their_numbers_and_the_others_are_stored()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllLinesAsync(file,
        [
            "{\"contentId\": \"0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11\", \"kind\": \"film\"}",
            "",
            "{\"contentId\": \"0b5f3a52\"}",
            "{\"kind\": \"film\"}",
            "{\"contentId\": \"0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a12\", \"duration\": 0}",
            "{\"contentId\": \"0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a13\", \"durration\": 90}",
            "{\"contentId\"",
            "null",
        ]);
        try
        {
            await using var deployment = await Deployment.CreateAsync();
            await deployment.StartReadySiloAsync();

            var loader = deployment.StartCatalogLoader(file);

            Assert.True(await loader.ExitAsync() == 1, loader.Said);
            Assert.Contains(loader.Lines, line => line.StartsWith("1 of 7 titles stored in ", StringComparison.Ordinal));
            AssertTold(loader, $"{file}:3: contentId was \"0b5f3a52\"; allowed: a UUID");
            AssertTold(loader, $"{file}:4: contentId was absent; allowed: a UUID");
            AssertTold(loader, $"{file}:5: duration was 0; allowed: 0.001 to 1000000");
            AssertTold(loader, $"{file}:6: no title in JSON, at byte");
            AssertTold(loader, $"{file}:7: no title in JSON, at byte");
            AssertTold(loader, $"{file}:8: null is no title.");
            Assert.Equal(7, loader.Lines.Count);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task What_cannot_begin_says_why_in_one_line()
    {
        await using var untold = ServiceProcess.Start("CatalogLoader", new Dictionary<string, string?> { ["ConnectionStrings__Postgres"] = null }, _sample);
        Assert.True(await untold.ExitAsync() == 2, untold.Said);
        Assert.StartsWith("ConnectionStrings:Postgres is not set", Assert.Single(untold.Lines), StringComparison.Ordinal);

        await using var nothing = ServiceProcess.Start("CatalogLoader", new Dictionary<string, string?>(), "nothing.jsonl");
        Assert.True(await nothing.ExitAsync() == 2, nothing.Said);
        Assert.Equal("There is no file nothing.jsonl.", Assert.Single(nothing.Lines));

        await using var alone = ServiceProcess.Start("CatalogLoader", new Dictionary<string, string?>());
        Assert.True(await alone.ExitAsync() == 2, alone.Said);
        Assert.StartsWith("Usage: CatalogLoader titles.jsonl", alone.Lines[0], StringComparison.Ordinal);
    }

    private static void AssertTold(ServiceProcess loader, string beginning) =>
        Assert.True(loader.Lines.Count(line => line.StartsWith(beginning, StringComparison.Ordinal)) == 1, loader.Said);
}
