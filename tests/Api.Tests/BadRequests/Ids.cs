using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>Ids as paths and queries may carry them, good and bad, in Latin-1 that is sent as it stands.</summary>
internal static class Ids
{
    public const string Attacker = "mallory";
    public const string Victim = "alice-the-victim";

    // The only one of the victim's titles that the attacker knows.
    public const string KnownTitle = "00000000-0000-4000-8000-00000000aaaa";

    public static readonly string[] Titles =
        [.. Enumerable.Range(1, 12).Select(number => new Guid(SHA256.HashData(Encoding.ASCII.GetBytes($"{number}")).AsSpan(0, 16)).ToString())];

    public static readonly Gen<string> GoodTitle = Gen.OneOf([.. Titles, KnownTitle]);

    private static readonly Gen<string> _noise = Gen.Char['\x21', '\xFF'].Array[1, 40].Select(characters => new string(characters));

    private static readonly Gen<string> _percents = Gen.Byte.Array[1, 12].Select(octets => string.Concat(octets.Select(octet => $"%{octet:x2}")));

    private static readonly string[] _odd =
    [
        "", ".", "..", "...", "%2e", "%2e%2e", "%2E%2E%2F", "%2F", "/", "//", "\\", "%5C", "a%2Fb", "a%5Cb", "%00", "a%00b", "%",
        "%%", "%2", "%zz", "%u0041",
        "%c0%af", "%c0%80", "%ff", "%ed%a0%80", "%F0%9F%98%80", "\xC3\xA9", "\xE9", "\xF0\x9F\x98\x80", "%E2%80%AE",
        "%0d%0aSet-Cookie:a=b", "%0a", "%09", "\t", "%20", "+", "a+b",
        "me", "ME", "Me", "me%20", "%20me", "%6de", "me/", "me/.", "./me", "me;x=1", "me%00", "me,me", "me?userId=me", "me#x",
        "0", "0123", "123", "1e3", "-0", "-1", "+1", "%2B1", "1.0", "0x10", "NaN", "null", "undefined", "true", "[]", "{}",
        "%7B%7D", "[::1]", "*", "~", "!", "@", "$", "&", "=", "'",
        "' or 1=1--", "';drop%20table%20resume;--", "${jndi:ldap://x}", "{0}", "{userId}", "%s%n", "<script>", "%3Cscript%3E",
        "constructor", "__proto__", "export", "why", "health",
    ];

    public static Gen<string> BadUser(string other) => Gen.Frequency(
        (4, Gen.OneOf(_odd)), (4, Gen.OneOf([.. FormsOf(other)])), (1, _noise), (1, _percents), (1, Gen.OneOf(Title("b"), Titles[0])), (1, Long));

    public static Gen<string> BadTitle(string other) => Gen.Frequency(
        (5, Gen.OneOf([.. TitleForms])), (4, Gen.OneOf(_odd)), (1, _noise), (1, _percents), (1, Gen.Const(other)), (1, Long));

    public static readonly Gen<string> BadLimit = Gen.OneOf(
        Gen.OneOf(_odd),
        Gen.OneOf("101", "2147483647", "2147483648", "99999999999999999999", "-2147483648", "1%30", "%D9%A1", "1_0", "0x1", "1,1", "1%00", " 1", "010"),
        Long);

    // Of the right length and of others, at moments near and far, and a good one spoiled.
    public static readonly Gen<string> BadCursor = Gen.OneOf(
        Gen.OneOf(_odd),
        Gen.Byte.Array[0, 40].Select(bytes => Base64Url.EncodeToString(bytes)),
        Gen.Byte.Array[24].Select(bytes => Convert.ToBase64String(bytes)),
        Gen.Select(Gen.OneOf(0, 1, 946684799999, 946684800000, 1700000000000, 4102444800000, 4102444800001, long.MaxValue, long.MinValue, -1), Gen.Byte.Array[16], Gen.Int[0, 40], Cursor));

    private static Gen<string> Long => Gen.Select(
        Gen.OneOf("a", "7", "%41", "\xE9", "../", ";", "me,"), Gen.OneOf(65, 129, 500, 3_000, 9_000), (text, times) => string.Concat(Enumerable.Repeat(text, times)));

    // Another user, in every spelling that somebody might take for them.
    private static IEnumerable<string> FormsOf(string other) =>
    [
        other, other.ToUpperInvariant(), Percents(other), Percents(other).ToUpperInvariant(), $"%61{other[1..]}", $"{other}%00",
        $"%00{other}", $"{other}%20", $"%20{other}", $"{other}/", $"{other}/.", $"./{other}",
        $"x/../{other}", $"{Attacker}/../{other}", $"{Attacker}%2F..%2F{other}", $"{Attacker}%2f%2e%2e%2f{other}",
        $"..%2F{other}", $"{Attacker},{other}", $"{Attacker}%2C{other}",
        $"{Attacker}&userId={other}", $"{other}?userId={Attacker}", $"{other};{Attacker}", $"{other}#", $"{other}\\",
        $"{other}%0a", $"{other}.", $"\"{other}\"", $"%22{other}%22",
        $"[{other}]", string.Concat(other.Select(letter => letter == '-' ? "-" : $"%ef%bd%{letter - 'a' + 0x81:x2}")), string.Concat(other.Select(letter => $"%25{(int)letter:x2}")),
    ];

    private static IEnumerable<string> TitleForms
    {
        get
        {
            var title = KnownTitle;
            return
            [
                Guid.Empty.ToString(), title, title.ToUpperInvariant(), $"{{{title}}}", $"%7B{title}%7D", $"({title})",
                Guid.Parse(title).ToString("N"), Guid.Parse(title).ToString("X"), Percents(title),
                $"{title}%20", $"%20{title}", $"+{title[1..]}", $"0x{title[2..]}", title[..^1], $"{title}0",
                title.Replace('-', '_'), title.Replace('a', 'g'), $"urn:uuid:{title}", $"{title},{Titles[1]}",
                $"{title}/", $"{title}%00", $"{title}%2F..", $"\"{title}\"", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "00000000-0000-0000-0000-000000000001", Title("\xE1"), Title("%D9%A1"),
            ];
        }
    }

    private static string Title(string last) => $"00000000-0000-4000-8000-00000000000{last}";

    private static string Percents(string text) => string.Concat(text.Select(letter => string.Create(CultureInfo.InvariantCulture, $"%{(int)letter:x2}")));

    private static string Cursor(long milliseconds, byte[] title, int cut)
    {
        var bytes = new byte[24];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds);
        title.CopyTo(bytes, 8);
        var text = Base64Url.EncodeToString(bytes);
        return cut < text.Length / 4 ? text.Remove(cut, 1) : cut < text.Length / 2 ? text[..cut] + "=" : text;
    }
}
