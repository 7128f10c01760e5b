namespace ContinueWatching.Contracts.Tests;

public class DeviceIdTests
{
    public static TheoryData<string> Allowed =>
    [
        "a",
        "me",
        ".",
        "tv/1?x=%20,#\\",
        new([.. Enumerable.Range(0x21, 0x2F).Select(code => (char)code)]),
        new([.. Enumerable.Range(0x50, 0x2F).Select(code => (char)code)]),
        new('x', 63),
        new('x', 64),
    ];

    public static TheoryData<string> Refused
    {
        get
        {
            TheoryData<string> refused = [" ", "a ", "é", new('x', 65), new('x', 128)];
            foreach (var character in "\0\t\n\u001F \u007F\u0080\u00FF\uFFFF")
            {
                refused.Add($"a{character}b");
            }

            return refused;
        }
    }

    [Theory]
    [MemberData(nameof(Allowed))]
    public void A_device_id_comes_out_as_it_was_given(string text)
    {
        Assert.True(DeviceId.TryParse(text, out var device));
        Assert.Equal(text, device.Value);
        Assert.Equal(text, device.ToString());
        Assert.False(device.IsEmpty);
        Assert.Equal(device, DeviceId.Parse(text));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_no_device_id_is_refused_and_the_message_says_what_is_allowed(string text)
    {
        Assert.False(DeviceId.TryParse(text, out var device));
        Assert.Equal(default, device);
        var refusal = Assert.Throws<FormatException>(() => DeviceId.Parse(text));
        Assert.Contains(DeviceId.Allowed, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Nothing_is_not_the_name_of_a_device(string? text) => Assert.False(DeviceId.TryParse(text, out _));

    [Fact]
    public void The_empty_device_is_the_default_and_only_itself()
    {
        Assert.True(default(DeviceId).IsEmpty);
        Assert.Equal("", default(DeviceId).Value);
        Assert.Equal("", default(DeviceId).ToString());
        Assert.Equal(default, DeviceId.Parse(""));
        Assert.Equal(default(DeviceId).GetHashCode(), DeviceId.Parse("").GetHashCode());
        Assert.NotEqual(default, DeviceId.Parse("a"));
    }

    [Theory]
    [InlineData("tv", "TV")]
    [InlineData("tv", "tv1")]
    [InlineData("1", "01")]
    public void Devices_are_told_apart_byte_by_byte(string left, string right)
    {
        Assert.NotEqual(DeviceId.Parse(left), DeviceId.Parse(right));
        Assert.Equal(DeviceId.Parse(left), DeviceId.Parse(new string(left.AsSpan())));
        Assert.Equal(DeviceId.Parse(left).GetHashCode(), DeviceId.Parse(new string(left.AsSpan())).GetHashCode());
    }
}
