using System.Diagnostics.CodeAnalysis;

namespace ContinueWatching.Standalone;

/// <summary>What the command line may say: <c>--data</c>, <c>--dev-tokens</c>, <c>--help</c>; the rest is configuration, as <c>--urls</c>.</summary>
internal sealed record Arguments(string DataDirectory, bool DevTokens, bool Help, string[] Configuration)
{
    public const string Usage = """
        Runs the whole service in one process, with a Postgres of its own.

          --urls URL       where to listen; default http://localhost:8080
          --data FOLDER    where positions, tokens' key and Postgres's files are kept; default .data
          --dev-tokens     gives a token to whoever asks (POST /dev/token), also when others can reach this process
          --Section:Key V  any configuration, as in the environment (Section__Key=V)

        With ConnectionStrings__Postgres in the environment that database is used instead of one of its own.
        """;

    private const string DefaultData = ".data";

    /// <summary>Reads <paramref name="args"/>; what is not known here is left for the configuration.</summary>
    /// <returns>Whether they can be understood; else <paramref name="complaint"/> says what cannot.</returns>
    public static bool TryParse(
        string[] args, [NotNullWhen(true)] out Arguments? arguments, [NotNullWhen(false)] out string? complaint)
    {
        var (data, devTokens, help) = (DefaultData, false, false);
        var rest = new List<string>();
        (arguments, complaint) = (null, null);
        for (var index = 0; index < args.Length; index++)
        {
            var argument = args[index];
            var parts = argument.Split('=', 2);
            var (name, value) = (parts[0], parts.Length == 2 ? parts[1] : null);
            if (name is "--help" or "-h" or "--dev-tokens")
            {
                (help, devTokens) = (help || name != "--dev-tokens", devTokens || name == "--dev-tokens");
                complaint = value is null ? null : $"{name} takes no value.";
            }
            else if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                complaint = $"{argument} is not an option.";
            }
            else
            {
                value ??= index + 1 < args.Length && !args[index + 1].StartsWith("--", StringComparison.Ordinal) ? args[++index] : null;
                complaint = value is null || (value.Length == 0 && name == "--data") ? $"{name} needs a value." : null;
                if (name == "--data")
                {
                    data = value ?? data;
                }
                else
                {
                    rest.Add($"{name}={value}");
                }
            }

            if (complaint is not null)
            {
                return false;
            }
        }

        arguments = new Arguments(Path.GetFullPath(data), devTokens, help, [.. rest]);
        return true;
    }
}
