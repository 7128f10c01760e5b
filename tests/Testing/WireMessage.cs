using System.Buffers.Binary;
using System.Text;

namespace ContinueWatching.Testing;

/// <summary>A protobuf message as it is on the wire, read without its schema: fields by their numbers.</summary>
internal sealed class WireMessage
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    public WireMessage(ReadOnlyMemory<byte> wire)
    {
        while (wire.Length > 0)
        {
            var tag = ReadVarint(ref wire);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((number, ReadVarint(ref wire), default));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref wire, 8).Span), default));
                    break;
                case 2:
                    _fields.Add((number, 0, Take(ref wire, (int)ReadVarint(ref wire))));
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref wire, 4).Span), default));
                    break;
                default:
                    throw new FormatException($"Wire type {tag & 7} is none that is in use.");
            }
        }
    }

    public IEnumerable<WireMessage> Messages(int number) =>
        _fields.Where(field => field.Number == number).Select(field => new WireMessage(field.Bytes));

    public WireMessage? Message(int number) => Messages(number).FirstOrDefault();

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number).Span);

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).Span);

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    public ulong Value(int number) => _fields.LastOrDefault(field => field.Number == number).Value;

    private ReadOnlyMemory<byte> Bytes(int number) => _fields.LastOrDefault(field => field.Number == number).Bytes;

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> wire, int length)
    {
        var taken = wire[..length];
        wire = wire[length..];
        return taken;
    }

    private static ulong ReadVarint(ref ReadOnlyMemory<byte> wire)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(ref wire, 1).Span[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
