namespace ContinueWatching.Standalone.Tests;

/// <summary>A folder of one test's own, gone after it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("continue-watching-folder-").FullName;

    /// <summary>What the server's user may enter too, as a user's own folder usually is.</summary>
    public static TempFolder Open()
    {
        var folder = new TempFolder();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return folder;
    }

    public string Make(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
