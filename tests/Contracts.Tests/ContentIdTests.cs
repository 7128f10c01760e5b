using CsCheck;

namespace ContinueWatching.Contracts.Tests;

public class ContentIdTests
{
    [Theory]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("01234567-89AB-CDEF-0123-456789ABCDEF")]
    [InlineData("01234567-89aB-cDEf-0123-456789AbCdEf")]
    public void A_content_id_is_read_in_either_case_and_comes_out_in_lower(string text)
    {
        Assert.True(ContentId.TryParse(text, out var content));
        Assert.Equal("01234567-89ab-cdef-0123-456789abcdef", content.ToString());
        Assert.Equal(new Guid(text), content.Value);
        Assert.Equal(new ContentId(new Guid(text)), content);
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000001")]
    [InlineData("ffffffff-ffff-ffff-ffff-ffffffffffff")]
    public void The_neighbours_of_the_nil_uuid_are_titles(string text) => Assert.True(ContentId.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("123")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("{01234567-89ab-cdef-0123-456789abcdef}")]
    [InlineData("(01234567-89ab-cdef-0123-456789abcdef)")]
    [InlineData("{0x01234567,0x89ab,0xcdef,{0x01,0x23,0x45,0x67,0x89,0xab,0xcd,0xef}}")]
    [InlineData("urn:uuid:01234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("01234567-89ab-cdef-0123-456789abcde")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef0")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdeg")]
    [InlineData("012345678-9ab-cdef-0123-456789abcdef")]
    [InlineData("01234567_89ab_cdef_0123_456789abcdef")]
    [InlineData(" 01234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef ")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef\n")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef\0")]
    [InlineData("+1234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("0x234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("0X234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("01234567-0xab-cdef-0123-456789abcdef")]
    [InlineData("01234567-89ab-+def-0123-456789abcdef")]
    [InlineData("01234567-89ab-cdef-0x23-456789abcdef")]
    [InlineData("01234567-89ab-cdef-0123-0x6789abcdef")]
    [InlineData("01234567-89ab-cdef-0123-+56789abcdef")]
    [InlineData("01234567-89ab-cdef-0123-456789abcde\u0661")]
    public void What_is_no_content_id_is_refused(string text)
    {
        Assert.False(ContentId.TryParse(text, out var content));
        Assert.Equal(default, content);
    }

    [Fact]
    public void The_nil_uuid_names_no_title() =>
        Assert.Contains(
            ContentId.Allowed,
            Assert.Throws<ArgumentException>(() => new ContentId(Guid.Empty)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_default_names_no_title()
    {
        Assert.Throws<InvalidOperationException>(() => default(ContentId).Value);
        Assert.Equal("00000000-0000-0000-0000-000000000000", default(ContentId).ToString());
    }

    [Fact]
    public void Titles_are_in_the_order_of_their_text_as_in_postgres()
    {
        // A sign, or a byte order, would show in the first and the last bytes of each group.
        var edge = Gen.OneOf<byte>(0, 1, 0x7F, 0x80, 0xFF);
        var uuid = edge.Array[16].Select(bytes => new Guid(bytes)).Where(uuid => uuid != Guid.Empty);
        var id = uuid.Select(uuid => new ContentId(uuid));
        Gen.Select(id, id).Sample(
            (left, right) =>
            {
                var order = string.CompareOrdinal(left.ToString(), right.ToString());

                Assert.Equal(Math.Sign(order), Math.Sign(left.CompareTo(right)));
                Assert.Equal(order < 0, left < right);
                Assert.Equal(order > 0, left > right);
                Assert.Equal(order <= 0, left <= right);
                Assert.Equal(order >= 0, left >= right);
                Assert.Equal(order == 0, left == right);
                Assert.Equal(0, left.CompareTo(new ContentId(left.Value)));
            },
            iter: 5_000);
    }
}
