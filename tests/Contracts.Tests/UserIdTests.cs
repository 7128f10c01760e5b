namespace ContinueWatching.Contracts.Tests;

public class UserIdTests
{
    public static TheoryData<string> Allowed =>
    [
        "a",
        "0",
        "123",
        "0123",
        "me2",
        "Me",
        "ME",
        "...",
        ".a",
        "!",
        "~",
        "auth0|5f7c8ec7c33c6c004bbafe82",
        "a@b.example",
        "urn:user:1;v=2&x='(*)'",
        new('x', 127),
        new('x', 128),
        new([.. Enumerable.Range(0x21, 0x5E).Select(code => (char)code).Where(character => !@"/\%?#,".Contains(character))]),
    ];

    public static TheoryData<string?> Refused
    {
        get
        {
            TheoryData<string?> refused =
            [
                null, "", " a", "a ", ".", "..", "me", "é", "名", "\U0001F3AC", new('x', 129), new('x', 100_000),
            ];
            foreach (var character in "/\\%?#,\0\t\n\r\u001F \u007F\u0080\u00A0\u00FF\uFFFF")
            {
                refused.Add($"a{character}b");
                refused.Add($"{character}");
            }

            return refused;
        }
    }

    [Theory]
    [MemberData(nameof(Allowed))]
    public void A_user_id_comes_out_as_it_was_given(string text)
    {
        Assert.True(UserId.TryParse(text, out var user));
        Assert.Equal(text, user.Value);
        Assert.Equal(text, user.ToString());
        Assert.Equal(user, UserId.Parse(text));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_no_user_id_is_refused_and_the_message_says_what_is_allowed(string? text)
    {
        Assert.False(UserId.TryParse(text, out var user));
        Assert.Equal(default, user);
        var refusal = Assert.Throws<FormatException>(() => UserId.Parse(text));
        Assert.Contains(UserId.Allowed, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_printable_ascii_character_but_six_is_allowed() =>
        Assert.Equal(
            0x5E - 6,
            Enumerable.Range(0, char.MaxValue + 1).Count(code => UserId.TryParse($"{(char)code}{(char)code}x", out _)));

    [Theory]
    [InlineData("0123", "123")]
    [InlineData("cafe", "CAFE")]
    [InlineData("1", "01")]
    [InlineData("1", "1.0")]
    public void Users_are_told_apart_byte_by_byte(string left, string right)
    {
        Assert.NotEqual(UserId.Parse(left), UserId.Parse(right));
        Assert.Equal(UserId.Parse(left), UserId.Parse(new string(left.AsSpan())));
        Assert.Equal(UserId.Parse(left).GetHashCode(), UserId.Parse(new string(left.AsSpan())).GetHashCode());
    }

    [Fact]
    public void A_default_names_nobody()
    {
        Assert.Throws<InvalidOperationException>(() => default(UserId).Value);
        Assert.Equal("", default(UserId).ToString());
        Assert.NotEqual(default, UserId.Parse("a"));
    }
}
