namespace ContinueWatching.Chaos;

/// <summary>The file that tells what was measured: what stands between two marks in it is replaced, the rest is people's.</summary>
internal static class Document
{
    /// <summary>Puts <paramref name="text"/> between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- /name --&gt;</c>.</summary>
    /// <exception cref="InvalidOperationException">The marks are not there.</exception>
    public static async Task ReplaceAsync(FileInfo file, string name, string text)
    {
        var all = await File.ReadAllTextAsync(file.FullName);
        var (begin, end) = ($"<!-- {name} -->", $"<!-- /{name} -->");
        var (from, to) = (all.IndexOf(begin, StringComparison.Ordinal), all.IndexOf(end, StringComparison.Ordinal));
        if (from < 0 || to < from)
            throw new InvalidOperationException($"{file} has no {begin} with {end} behind it.");
        await File.WriteAllTextAsync(file.FullName, $"{all[..(from + begin.Length)]}\n{text.Trim()}\n{all[to..]}");
    }
}
