using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace ContinueWatching.Api.Identity;

/// <summary>Has a token that was verified lately be taken as it is.</summary>
internal static class RememberedTokens
{
    /// <summary>Adds <see cref="VerifiedTokens"/> to the check of bearer tokens.</summary>
    public static void AddRememberedTokens(this IServiceCollection services)
    {
        services.AddSingleton<VerifiedTokens>();
        services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, options =>
            options.Events = new JwtBearerEvents { OnMessageReceived = TakeVerified, OnTokenValidated = RememberVerified });
    }

    private static Task TakeVerified(MessageReceivedContext context)
    {
        if (Verified(context.HttpContext).Find(context.Request.Headers.Authorization.ToString()) is { } principal)
        {
            context.Principal = principal;
            context.Success();
        }

        return Task.CompletedTask;
    }

    private static Task RememberVerified(TokenValidatedContext context)
    {
        var expiresAt = new DateTimeOffset(context.SecurityToken.ValidTo) + context.Options.TokenValidationParameters.ClockSkew;
        Verified(context.HttpContext).Remember(context.Request.Headers.Authorization.ToString(), context.Principal!, expiresAt);
        return Task.CompletedTask;
    }

    private static VerifiedTokens Verified(HttpContext http) => http.RequestServices.GetRequiredService<VerifiedTokens>();
}
