using System.Text.Json;
using System.Text.Json.Serialization;

namespace ContinueWatching.Bench;

/// <summary>Writes what was measured to files.</summary>
internal static class Results
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Writes a result, its tables and its picture, with the machine that they are of; and shows the tables.</summary>
    public static async Task WriteAsync<T>(DirectoryInfo folder, string name, T result, string tables, string svg)
    {
        folder.Create();
        var document = new Document<T>(TimeProvider.System.GetUtcNow(), Machine(), Systems.BenchPostgres.Settings, result);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{name}.json"), JsonSerializer.Serialize(document, _json));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{name}.md"), $"{document.At:yyyy-MM-dd}, {document.Machine}\n\n{tables}\n");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{name}.svg"), svg);
        Console.WriteLine($"\n{tables}\n{Path.Combine(folder.FullName, name)}.json, .md, .svg");
    }

    private static string Machine() =>
        $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, .NET {Environment.Version}";

    private sealed record Document<T>(DateTimeOffset At, string Machine, IReadOnlyDictionary<string, string> Postgres, T Result);
}
