using System.Security.Claims;
using ContinueWatching.Api.Identity;
using Microsoft.Extensions.Time.Testing;

namespace ContinueWatching.Api.Tests;

/// <summary>How long it is remembered that a token is good.</summary>
public sealed class VerifiedTokensTests : IDisposable
{
    private static readonly TimeSpan _instant = TimeSpan.FromTicks(1);

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly VerifiedTokens _tokens;
    private readonly ClaimsPrincipal _viewer = new();

    public VerifiedTokensTests() => _tokens = new VerifiedTokens(_time);

    [Fact]
    public void A_token_stands_for_whom_it_was_verified_for_and_no_other_token_does()
    {
        _tokens.Remember("Bearer a", _viewer, _time.GetUtcNow() + VerifiedTokens.MaxAge);

        Assert.Same(_viewer, _tokens.Find("Bearer a"));
        Assert.Null(_tokens.Find("Bearer b"));
        Assert.Null(_tokens.Find("Bearer A"));
        Assert.Null(_tokens.Find(""));
    }

    [Fact]
    public void It_is_forgotten_the_moment_that_it_expires()
    {
        _tokens.Remember("Bearer a", _viewer, _time.GetUtcNow() + TimeSpan.FromMinutes(1));

        _time.Advance(TimeSpan.FromMinutes(1) - _instant);
        Assert.Same(_viewer, _tokens.Find("Bearer a"));
        _time.Advance(_instant);
        Assert.Null(_tokens.Find("Bearer a"));
    }

    [Fact]
    public void It_is_verified_again_after_five_minutes_however_long_it_is_good()
    {
        _tokens.Remember("Bearer a", _viewer, _time.GetUtcNow() + TimeSpan.FromDays(1));

        _time.Advance(TimeSpan.FromMinutes(5) - _instant);
        Assert.Same(_viewer, _tokens.Find("Bearer a"));
        _time.Advance(_instant);
        Assert.Null(_tokens.Find("Bearer a"));
    }

    [Fact]
    public void No_more_are_remembered_than_there_is_room_for()
    {
        for (var token = 0; token < VerifiedTokens.MaxTokens * 2; token++)
            _tokens.Remember($"Bearer {token}", _viewer, _time.GetUtcNow() + VerifiedTokens.MaxAge);

        Assert.InRange(Enumerable.Range(0, VerifiedTokens.MaxTokens * 2).Count(token => _tokens.Find($"Bearer {token}") is not null), 1, VerifiedTokens.MaxTokens);
    }

    public void Dispose() => _tokens.Dispose();
}
