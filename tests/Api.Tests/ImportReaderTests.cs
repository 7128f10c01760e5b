using System.Text;
using System.Text.Json;
using ContinueWatching.Api.Users;

namespace ContinueWatching.Api.Tests;

/// <summary>However the bytes of an import come, its entries and what is wrong with it are the same.</summary>
public sealed class ImportReaderTests
{
    private const string Good = """
         [ {"type": "user", "a": [[], {}, -1.5e3, "\u00e4\"]}"]},
          1234, "text, [" ,null,[true, [ ]],{}
         ,  {"type": "tïtle 🎬"} ]

        """;

    private static readonly string[] _entries =
        ["""{"type": "user", "a": [[], {}, -1.5e3, "\u00e4\"]}"]}""", "1234", "\"text, [\"", "null", "[true, [ ]]", "{}", """{"type": "tïtle 🎬"}"""];

    [Fact]
    public async Task Entries_are_the_same_wherever_the_body_is_cut()
    {
        var body = Encoding.UTF8.GetBytes($"\uFEFF{Good}");
        for (var cut = 0; cut <= body.Length; cut++)
            Assert.Equal(_entries, await ReadAllAsync(new Portions(body, cut, body.Length)));
        Assert.Equal(_entries, await ReadAllAsync(new Portions(body, 1)));
        Assert.Equal(_entries, await ReadAllAsync(new Portions(body, 2, 3, 5)));
    }

    [Fact]
    public async Task What_is_broken_is_told_at_the_same_place_wherever_the_body_is_cut()
    {
        var body = Encoding.UTF8.GetBytes("[{\"type\": \"user\"},\n {\"type\":\n \"title\", oops}]");
        for (var cut = 0; cut <= body.Length; cut++)
        {
            var broken = await Assert.ThrowsAnyAsync<JsonException>(() => ReadAllAsync(new Portions(body, cut, body.Length)));
            Assert.Equal((2, 10), (broken.LineNumber, broken.BytePositionInLine));
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(1_000)]
    [InlineData(int.MaxValue)]
    public async Task An_entry_is_measured_from_its_first_byte_to_its_last_however_it_comes(int portion)
    {
        string[] entries = [Text(16_384), $"{{\"a\":{Text(16_378)}}}", $"[{Text(8_190)},{Text(8_191)}]", new('1', 16_384)];
        var space = new string(' ', 16_384);
        Assert.All(entries, entry => Assert.Equal(16_384, entry.Length));

        Assert.Equal(entries, await ReadAllAsync(Body($"{space}[{space}{string.Join($"{space},{space}", entries)}{space}]{space}")));
        foreach (var entry in entries)
        {
            // One byte more, in its midst.
            var reader = new ImportReader(Body($"[{entry}, {entry.Insert(100, entry[100..101])}]"));
            Assert.True(await reader.ReadAsync(default));
            Assert.False(await reader.ReadAsync(default));
            Assert.Equal("[1]", reader.Fault?.Field);
        }

        Portions Body(string text) => new(Encoding.UTF8.GetBytes(text), portion);
        static string Text(int length) => $"\"{new string('x', length - 2)}\"";
    }

    private static async Task<List<string>> ReadAllAsync(Stream body)
    {
        var entries = new List<string>();
        var reader = new ImportReader(body);
        while (await reader.ReadAsync(default))
            entries.Add(Encoding.UTF8.GetString(reader.Current.Span));
        Assert.Null(reader.Fault);
        return entries;
    }

    /// <summary>A body that comes in portions of these lengths, over and over.</summary>
    private sealed class Portions(byte[] body, params int[] lengths) : MemoryStream(body)
    {
        private int _next;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var length = 0;
            while (length == 0)
                length = lengths[_next++ % lengths.Length];
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, length)], cancellationToken);
        }
    }
}
