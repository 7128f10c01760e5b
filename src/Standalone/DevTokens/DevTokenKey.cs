using System.Security.Cryptography;

namespace ContinueWatching.Standalone;

/// <summary>The key that signs development tokens: random, made once per data directory, readable by its owner only.</summary>
internal static class DevTokenKey
{
    private const int Bytes = 32;
    private const string FileName = "dev-token.key";

    /// <summary>Reads the key of <paramref name="dataDirectory"/>, or makes it.</summary>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be used.</exception>
    public static byte[] LoadOrCreate(string dataDirectory)
    {
        Folders.CreateOpen(dataDirectory);
        var path = Path.Combine(dataDirectory, FileName);
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: Bytes } known)
        {
            return known;
        }

        // Anew, not over what is there: a file keeps its mode.
        File.Delete(path);
        var key = RandomNumberGenerator.GetBytes(Bytes);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(key);
        return key;
    }
}
