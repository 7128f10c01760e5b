using System.Globalization;
using System.Text;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>What must become of a request, beside what none may do.</summary>
internal enum Expectation
{
    Anything,
    Refusal,
    Success,
}

/// <summary>A request byte by byte, and what it is meant to be.</summary>
/// <param name="What">In words, for whoever reads of its failure.</param>
/// <param name="Bytes">All that goes over the wire.</param>
/// <param name="IsWhole">Whether it is one request as HTTP frames it, so that one answer comes and the connection may go on.</param>
/// <param name="Expected">What must become of it.</param>
internal sealed record Attack(string What, byte[] Bytes, bool IsWhole, Expectation Expected)
{
    public bool IsHead => Bytes.AsSpan().StartsWith("HEAD "u8);

    /// <summary>A request of a head, in Latin-1, and a body.</summary>
    public static Attack Of(string what, string head, byte[] body, bool isWhole, Expectation expected) =>
        new(what, [.. Encoding.Latin1.GetBytes(head), .. body], isWhole, expected);

    /// <summary>In full, so that it can be sent again: all that is not printable ASCII as <c>\xNN</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{What}, expected: {Expected}\n");
        foreach (var octet in Bytes)
        {
            _ = octet is (byte)'\n' or (>= 0x20 and < 0x7F and not (byte)'\\')
                ? text.Append((char)octet)
                : text.Append(CultureInfo.InvariantCulture, $"\\x{octet:X2}");
        }

        return text.ToString();
    }
}
