namespace ContinueWatching.Standalone.Tests;

/// <summary>The command line.</summary>
public sealed class ArgumentsTests
{
    [Fact]
    public void Nothing_said_is_the_folder_of_the_data_here_and_no_tokens_for_others()
    {
        Assert.True(Arguments.TryParse([], out var arguments, out _));

        Assert.Equal(Path.GetFullPath(".data"), arguments.DataDirectory);
        Assert.False(arguments.DevTokens);
        Assert.False(arguments.Help);
        Assert.Empty(arguments.Configuration);
    }

    [Fact]
    public void All_that_can_be_said_is_understood_in_any_order()
    {
        Assert.True(Arguments.TryParse(
            ["--urls", "http://localhost:1", "--dev-tokens", "--Watch:ReportInterval=00:00:20", "--data", "/here", "--Api:UserIdClaim", "oid"],
            out var arguments,
            out _));

        Assert.Equal("/here", arguments.DataDirectory);
        Assert.True(arguments.DevTokens);
        Assert.Equal(
            ["--urls=http://localhost:1", "--Watch:ReportInterval=00:00:20", "--Api:UserIdClaim=oid"], arguments.Configuration);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_is_asked_for(string argument)
    {
        Assert.True(Arguments.TryParse([argument], out var arguments, out _));

        Assert.True(arguments.Help);
    }

    [Fact]
    public void A_folder_may_be_given_with_an_equals_sign()
    {
        Assert.True(Arguments.TryParse(["--data=/here"], out var arguments, out _));

        Assert.Equal("/here", arguments.DataDirectory);
    }

    [Fact]
    public void Values_may_be_empty_and_have_equals_signs_of_their_own()
    {
        Assert.True(Arguments.TryParse(["--ConnectionStrings:Postgres=Host=h;Port=1", "--A=", "--B", "C=D"], out var arguments, out _));

        Assert.Equal(["--ConnectionStrings:Postgres=Host=h;Port=1", "--A=", "--B=C=D"], arguments.Configuration);
    }

    [Theory]
    [InlineData("data", "data")]
    [InlineData("-data /here", "-data")]
    [InlineData("--data", "--data")]
    [InlineData("--data=", "--data")]
    [InlineData("--urls", "--urls")]
    [InlineData("--data --dev-tokens", "--data")]
    [InlineData("--dev-tokens yes", "yes")]
    [InlineData("--dev-tokens=true", "--dev-tokens")]
    [InlineData("--help=me", "--help")]
    public void What_is_not_understood_is_named(string arguments, string named)
    {
        Assert.False(Arguments.TryParse(arguments.Split(' '), out _, out var complaint));

        Assert.StartsWith($"{named} ", complaint, StringComparison.Ordinal);
    }
}
