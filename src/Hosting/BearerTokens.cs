using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Hosting;

/// <summary>
/// Bearer tokens by the standard configuration, <c>Authentication:Schemes:Bearer</c> (an Authority, or ValidIssuers with SigningKeys). An
/// issuer and an audience are mandatory: a token made for another service opens nothing here.
/// </summary>
public static class BearerTokens
{
    // The framework's 5 min would let an expired token live on for that long.
    private static readonly TimeSpan _clockSkew = TimeSpan.FromSeconds(30);

    /// <summary>The configuration section.</summary>
    public const string Section = $"Authentication:Schemes:{JwtBearerDefaults.AuthenticationScheme}";

    /// <summary>Adds the check of tokens. Whatever route forgets to say who may call it then asks for one.</summary>
    public static void AddBearerTokens(this IServiceCollection services)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.TokenValidationParameters.ClockSkew = _clockSkew;
        });
        services.AddSingleton<IValidateOptions<JwtBearerOptions>, MandatoryConfiguration>();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).ValidateOnStart();
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    private sealed class MandatoryConfiguration : IValidateOptions<JwtBearerOptions>
    {
        public ValidateOptionsResult Validate(string? name, JwtBearerOptions options)
        {
            var parameters = options.TokenValidationParameters;
            var missing = new List<string>();
            if (options.Authority is null && parameters.ValidIssuer is null && parameters.ValidIssuers?.Any() is not true)
            {
                missing.Add($"{Section}:Authority or {Section}:ValidIssuer is not set: whose tokens are good?");
            }

            if (options.Authority is null && options.MetadataAddress is null
                && parameters.IssuerSigningKey is null && parameters.IssuerSigningKeys?.Any() is not true)
            {
                missing.Add($"{Section}:SigningKeys is not set, nor is an Authority that would tell them: with which keys are tokens signed?");
            }

            if (options.Audience is null && parameters.ValidAudience is null && parameters.ValidAudiences?.Any() is not true)
            {
                missing.Add($"{Section}:ValidAudience is not set: which tokens are meant for this service?");
            }

            return missing.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(missing);
        }
    }
}
