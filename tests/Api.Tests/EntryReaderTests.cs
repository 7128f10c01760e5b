using System.Text;
using ContinueWatching.Api.Users;

namespace ContinueWatching.Api.Tests;

/// <summary>An import is read entry by entry, however it arrives, and whatever it is.</summary>
public sealed class EntryReaderTests
{
    [Fact]
    public async Task Entries_are_the_same_wherever_the_network_has_cut_them()
    {
        const string json = """ [ {"a":1},{"b" : [1, {"c":"]}\u0041,é"}]} ,"x",  17 ] """;

        for (var piece = 1; piece <= json.Length + 2; piece++)
        {
            var (entries, fault) = await ReadAsync(json, piece);

            Assert.Equal(["""{"a":1}""", """{"b" : [1, {"c":"]}\u0041,é"}]}""", "\"x\"", "17"], entries);
            Assert.Null(fault);
        }
    }

    [Theory]
    [InlineData("", 0, "body was broken at line 1, byte 1")]
    [InlineData("  ", 0, "body was broken at line 1")]
    [InlineData("{}", 0, "body was an object; allowed: a JSON array of objects")]
    [InlineData("null", 0, "body was null; allowed: a JSON array of objects")]
    [InlineData("[{}", 1, "body was broken at line 1")]
    [InlineData("[{},\n{\"a\":}]", 1, "body was broken at line 2, byte 6")]
    [InlineData("[{}{}]", 1, "body was broken at line 1, byte 4")]
    [InlineData("[{}]x", 1, "body was broken at line 1, byte 5")]
    [InlineData("[{}][]", 1, "body was broken at line 1, byte 5")]
    [InlineData("[{},]", 1, "body was broken at line 1, byte 5")]
    [InlineData("[", 0, "body was broken at line 1")]
    public async Task What_is_broken_is_told_by_its_place_behind_the_entries_that_were_good(string json, int entries, string told)
    {
        foreach (var piece in new[] { 1, 3, 1000 })
        {
            var (read, fault) = await ReadAsync(json, piece);

            Assert.Equal(entries, read.Count);
            Assert.StartsWith(told, $"{fault}", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Depth_has_an_end() =>
        Assert.StartsWith("body was broken", $"{(await ReadAsync($"[{new string('[', 70)}{new string(']', 70)}]", 10)).Fault}", StringComparison.Ordinal);

    [Theory]
    [InlineData(EntryReader.MaxEntryBytes, true)]
    [InlineData(EntryReader.MaxEntryBytes + 1, false)]
    [InlineData(64 * 1024 * 1024, false)]
    public async Task An_entry_has_sixteen_kibibytes_and_what_is_larger_is_not_read_on(int bytes, bool isTaken)
    {
        using var body = new Pieces(Encoding.UTF8.GetBytes($"[{{}},\"{new string('x', bytes - 2)}\",{{}}]"), 1000);
        using var reader = new EntryReader(body);
        Assert.True(await reader.ReadAsync(default));

        Assert.Equal(isTaken, await reader.ReadAsync(default));

        Assert.Equal(isTaken, reader.Fault is null);
        if (!isTaken)
            Assert.Equal(" was more than 16384 bytes; allowed: an entry of 16384 bytes at most.", $"{reader.Fault}");
        Assert.InRange(body.Position, 0, 5 * EntryReader.MaxEntryBytes);
    }

    private static async Task<(List<string> Entries, Contracts.Fault? Fault)> ReadAsync(string json, int piece)
    {
        using var body = new Pieces(Encoding.UTF8.GetBytes(json), piece);
        using var reader = new EntryReader(body);
        var entries = new List<string>();
        while (await reader.ReadAsync(default))
            entries.Add(Encoding.UTF8.GetString(reader.Entry));
        return (entries, reader.Fault);
    }

    // A stream that gives no more at a time.
    private sealed class Pieces(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
