using ContinueWatching.Api.Catalogue;
using ContinueWatching.Api.Events;
using ContinueWatching.Api.Http;
using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Rates;
using ContinueWatching.Api.Reference;
using ContinueWatching.Api.Users;
using ContinueWatching.Api.Watch;
using ContinueWatching.Hosting;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ContinueWatching.Api;

/// <summary>Composes the REST front end, over whatever <see cref="IGrainFactory"/> the process has.</summary>
public static class ApiHost
{
    // Not told, browsers ask again after 5 s, and so before every heartbeat.
    private static readonly TimeSpan _preflightAge = TimeSpan.FromHours(2);

    /// <summary>Adds what the routes need.</summary>
    public static void AddApi(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<ApiSettings>().BindConfiguration(ApiSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddBearerTokens();
        services.AddRememberedTokens();
        services.AddRateLimits();
        services.AddProblemDetails();
        services.AddSingleton<ApiInstruments>();
        services.AddSingleton<Unavailable>().AddSingleton<IExceptionHandler>(provider => provider.GetRequiredService<Unavailable>());
        services.ConfigureHttpJsonOptions(json => AnswerJson.Configure(json.SerializerOptions));
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<ApiSettings>>((cors, api) => cors.AddDefaultPolicy(policy =>
            policy.WithOrigins([.. api.Value.CorsOrigins])
                .AllowAnyMethod()
                .WithHeaders(HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.IfNoneMatch, EventRoutes.LastEventId)
                .WithExposedHeaders(HeaderNames.RetryAfter, HeaderNames.ETag)
                .SetPreflightMaxAge(_preflightAge)));
        services.AddSingleton<IOutgoingGrainCallFilter, Retries>();
        services.AddDrain();
        services.AddEvents();
        services.AddApiHealth();
        services.AddReference();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
    }

    /// <summary>Maps the routes.</summary>
    public static void MapApi(this WebApplication app)
    {
        app.TakePathBaseAway();
        app.UseAdminListener();
        app.UseForwardedHeaders();
        app.Use(AlwaysJson);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseCors();
        app.Use(RateGates.BeforeTheToken);
        app.UseAuthentication();
        app.Use(NoSharedCaching);
        app.Use(RateGates.AfterTheToken);
        app.UseAuthorization();
        app.Use(NothingBeforeTheCluster);
        app.MapWatch();
        app.MapRow();
        app.MapUsers();
        app.MapTransfer();
        app.MapTitles();
        app.MapEvents();
        app.MapApiHealth();
        app.MapReference();
    }

    // Read before the settings are validated: what is no path is told when the process starts. Routing would else have looked at the whole path.
    private static void TakePathBaseAway(this WebApplication app)
    {
        if (app.Configuration[$"{ApiSettings.Section}:{nameof(ApiSettings.PathBase)}"] is { } path && path.StartsWith('/'))
        {
            app.UsePathBase(path);
            app.UseRouting();
        }
    }

    // An API process listens while it still looks for a silo, so that it can be told alive; until it has found one it knows no grains.
    private static Task NothingBeforeTheCluster(HttpContext http, RequestDelegate next)
    {
        var services = http.RequestServices;
        return services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested
            || http.Request.Path.StartsWithSegments(ApiHealth.Path)
                ? next(http)
                : services.GetRequiredService<Unavailable>().WriteUnavailableAsync(http, ApiInstruments.Starting).AsTask();
    }

    // A problem is told as JSON to those, too, who say that they want something else (a browser, a video player): they would be sent
    // plain text, and a failure behind the API would end as a 500.
    private static Task AlwaysJson(HttpContext http, RequestDelegate next)
    {
        http.Request.Headers.Accept = default;
        return next(http);
    }

    // What a token opens is its user's alone: no cache in between may keep it for another.
    private static Task NoSharedCaching(HttpContext http, RequestDelegate next)
    {
        if (http.User.Identity is { IsAuthenticated: true, AuthenticationType: not null })
        {
            http.Response.Headers.CacheControl = "private, no-cache";
            http.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Authorization);
        }

        return next(http);
    }
}
