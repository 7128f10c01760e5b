namespace ContinueWatching.Standalone;

/// <summary>Folders, files and locks with the modes that a server under another user needs.</summary>
internal static class Folders
{
    private const UnixFileMode All = (UnixFileMode)0b111_111_111;
    private const UnixFileMode Open = UnixFileMode.UserWrite | ReadAll | EnterAll;
    private const UnixFileMode ReadAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode EnterAll = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Makes a folder, and the parents it lacks, so that everyone may enter, whatever the umask. Leaves what exists alone.
    /// </summary>
    public static void CreateOpen(string folder)
    {
        if (Directory.Exists(folder))
            return;
        if (Path.GetDirectoryName(folder) is { } parent)
            CreateOpen(parent);
        Directory.CreateDirectory(folder);
        SetMode(folder, Open);
    }

    /// <summary>Lets everyone read all that is in a folder of ours.</summary>
    public static void OpenAll(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.LinkTarget is null)
                entry.UnixFileMode |= entry.UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? ReadAll | EnterAll : ReadAll;
        }
    }

    /// <summary>An empty folder that only its owner may enter.</summary>
    public static void CreatePrivate(string folder)
    {
        Directory.CreateDirectory(folder);
        SetMode(folder, Private | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a file that only its owner may read; it never exists with another mode.</summary>
    public static void WritePrivate(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Private;
        File.Delete(file);
        using var writer = new StreamWriter(file, options);
        writer.Write(text);
    }

    /// <summary>
    /// An exclusive lock that lives as long as the stream, or the process: the system frees it even after a SIGKILL. Null when
    /// somebody else holds it.
    /// </summary>
    public static FileStream? TryLock(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(file))
        {
            // The one way for an existing file that we may write to refuse is the lock.
            return null;
        }
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode & All);
    }
}
