namespace ContinueWatching.Standalone.Tests;

/// <summary>The key of development tokens.</summary>
public sealed class DevTokenKeyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_data_directory_has_a_key_of_its_own_and_keeps_it()
    {
        var (one, other) = (Path.Combine(_folder.Path, "one"), Path.Combine(_folder.Path, "other"));

        var key = DevTokenKey.LoadOrCreate(one);

        Assert.Equal(32, key.Length);
        Assert.Equal(key, DevTokenKey.LoadOrCreate(one));
        Assert.NotEqual(key, DevTokenKey.LoadOrCreate(other));
    }

    [Fact]
    public void Its_owner_alone_can_read_it()
    {
        DevTokenKey.LoadOrCreate(_folder.Path);

        var file = Assert.Single(Directory.EnumerateFiles(_folder.Path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void A_key_that_was_written_by_half_is_replaced()
    {
        DevTokenKey.LoadOrCreate(_folder.Path);
        var file = Directory.EnumerateFiles(_folder.Path).Single();
        File.WriteAllBytes(file, new byte[7]);

        var key = DevTokenKey.LoadOrCreate(_folder.Path);

        Assert.Equal(32, key.Length);
        Assert.Equal(key, DevTokenKey.LoadOrCreate(_folder.Path));
    }
}
