using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace ContinueWatching.Storage;

/// <summary>One numbered step of the schema, as this build carries it.</summary>
/// <param name="Number">Its place in the order: 1 is the first, and none is left out.</param>
/// <param name="Name">The file's name without its extension, <c>0001_resume</c>.</param>
/// <param name="Text">The statements, line ends as <c>\n</c>.</param>
internal sealed record Migration(int Number, string Name, string Text)
{
    private const string Folder = "ContinueWatching.Storage.Migrations.";
    private const string Extension = ".sql";

    /// <summary>The text's SHA-256, in lower-case hex: what tells that an applied migration was edited.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>The migrations embedded in this assembly, by number.</summary>
    public static IReadOnlyList<Migration> Embedded()
    {
        var assembly = typeof(Migration).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(resource => resource.StartsWith(Folder, StringComparison.Ordinal))
                .Where(resource => resource.EndsWith(Extension, StringComparison.Ordinal))
                .Select(resource => Read(assembly, resource))
                .OrderBy(migration => migration.Number),
        ];
    }

    private static Migration Read(Assembly assembly, string resource)
    {
        var name = resource[Folder.Length..^Extension.Length];
        var number = int.Parse(name.AsSpan(0, name.IndexOf('_', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        // A checkout that turned the line ends is still the same migration.
        return new(number, name, reader.ReadToEnd().ReplaceLineEndings("\n"));
    }
}
