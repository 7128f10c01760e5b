namespace ContinueWatching.Contracts.Tests;

public sealed class SeriesIdTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("0123")]
    [InlineData("~!/%")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef")]
    public void Printable_ASCII_is_a_series(string text)
    {
        Assert.True(SeriesId.TryParse(text, out var series));
        Assert.Equal(text, series.Value);
        Assert.Equal(text, series.ToString());
        Assert.Equal(series, SeriesId.Parse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("\x7F")]
    [InlineData("é")]
    public void Anything_else_is_none(string? text)
    {
        Assert.False(SeriesId.TryParse(text, out var series));
        Assert.Equal(default, series);
        Assert.Contains(SeriesId.Allowed, Assert.Throws<FormatException>(() => SeriesId.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_has_128_characters_at_most()
    {
        Assert.True(SeriesId.TryParse(new string('s', 128), out _));
        Assert.False(SeriesId.TryParse(new string('s', 129), out _));
    }

    [Fact]
    public void Ids_are_compared_byte_by_byte()
    {
        Assert.NotEqual(SeriesId.Parse("cafe"), SeriesId.Parse("CAFE"));
        Assert.NotEqual(SeriesId.Parse("1"), SeriesId.Parse("01"));
    }

    [Fact]
    public void The_default_names_no_series()
    {
        Assert.Throws<InvalidOperationException>(() => default(SeriesId).Value);
        Assert.Equal("", default(SeriesId).ToString());
    }
}
