using System.Globalization;
using System.Runtime.InteropServices;

namespace ContinueWatching.Standalone;

/// <summary>
/// The operating system's user that Postgres runs as: ourselves, or, because Postgres refuses to run as root, an
/// unprivileged one.
/// </summary>
/// <param name="Name">The user to change to; null to stay who we are.</param>
/// <param name="UserId">Its number; meaningless when <paramref name="Name"/> is null.</param>
/// <param name="GroupId">Its first group's number; meaningless when <paramref name="Name"/> is null.</param>
internal sealed record ServerUser(string? Name, uint UserId, uint GroupId)
{
    private const string PasswordDatabase = "/etc/passwd";

    // macOS calls its own postgres user _postgres.
    private static readonly string[] Unprivileged = ["postgres", "_postgres", "nobody"];

    /// <summary>The user for servers that this process starts.</summary>
    /// <exception cref="EmbeddedPostgresException">We are root and there is nobody to change to.</exception>
    public static ServerUser Current()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
            return new ServerUser(null, 0, 0);
        var users = File.ReadLines(PasswordDatabase)
            .Select(line => line.Split(':'))
            .Where(fields => fields.Length > 3)
            .ToLookup(fields => fields[0]);
        return Unprivileged.SelectMany(name => users[name]).Select(Parse).FirstOrDefault()
            ?? throw new EmbeddedPostgresException(
                $"Postgres refuses to run as root, and {PasswordDatabase} has none of the users {string.Join(", ", Unprivileged)}"
                + " to run it as. Start this program as another user.");
    }

    /// <summary>Gives a file or folder to this user. Does nothing when this user is ourselves.</summary>
    public void Own(string path)
    {
        if (Name is not null && Chown(path, UserId, GroupId) != 0)
            throw new EmbeddedPostgresException(
                $"{path} can't be given to the user {Name}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // Numbers below zero are how some systems write the highest ones: nobody is -2 on macOS.
    private static ServerUser Parse(string[] fields) => new(fields[0], Number(fields[2]), Number(fields[3]));

    private static uint Number(string field) => unchecked((uint)long.Parse(field, CultureInfo.InvariantCulture));

    [DllImport("libc", EntryPoint = "chown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
}
