using ContinueWatching.Hosting;
using Orleans.Dashboard;

namespace ContinueWatching.Silo;

/// <summary>
/// Orleans' dashboard, on the silo's own listener, for tokens with the scope <see cref="Scopes.Admin"/>. It shows what grains hold, so where
/// nobody has said whose tokens are good there is none.
/// </summary>
internal static partial class SiloDashboard
{
    private const string Path = "/dashboard";

    public static void AddSiloDashboard(this WebApplicationBuilder builder)
    {
        if (!IsConfigured(builder.Configuration))
        {
            return;
        }

        builder.Services.AddBearerTokens();
        builder.Services.AddAuthorizationBuilder().AddPolicy(Scopes.Admin, policy =>
            policy.RequireAuthenticatedUser().RequireAssertion(context => context.User.HasScope(Scopes.Admin)));

        // The trace is the silo's log, with whatever stands in it.
        builder.UseOrleans(silo => silo.AddDashboard(dashboard => dashboard.HideTrace = true));
    }

    public static void MapSiloDashboard(this WebApplication app)
    {
        if (!IsConfigured(app.Configuration))
        {
            LogNone(app.Logger, BearerTokens.Section);
            return;
        }

        app.UseAuthentication();
        app.UseAuthorization();
        app.MapOrleansDashboard(Path).RequireAuthorization(Scopes.Admin);
    }

    private static bool IsConfigured(IConfiguration configuration) => configuration.GetSection(BearerTokens.Section).Exists();

    [LoggerMessage(1, LogLevel.Information, "No dashboard: {Section} is not set, which says whose tokens are good")]
    private static partial void LogNone(ILogger logger, string section);
}
