using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Scalar.AspNetCore;

namespace ContinueWatching.Api.Reference;

/// <summary>The routes, described: for programs at <c>/openapi/v1.json</c>, for people at <c>/docs</c>. Neither needs a token.</summary>
internal static class ReferenceRoutes
{
    /// <summary>Where the document is.</summary>
    public const string DocumentPath = "/openapi/v1.json";

    /// <summary>Where the page is.</summary>
    public const string PagePath = "/docs";

    /// <summary>Its name.</summary>
    public const string Document = "v1";

    // The page and its script come from here, and so may nothing else.
    private const string PagePolicy =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void AddReference(this IServiceCollection services)
    {
        services.AddSingleton<DocumentBytes>();
        services.TryAddEnumerable(ServiceDescriptor.Transient<IApiDescriptionProvider, BodyDescriptions>());
        services.AddOpenApi(Document, options =>
        {
            options.AddOperationTransformer(Operations.DescribeAsync);
            options.AddDocumentTransformer(Whole.DescribeAsync);
        });
    }

    public static void MapReference(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(DocumentPath, async (DocumentBytes document) => TypedResults.Bytes(await document.GetAsync(), "application/json"))
            .AllowAnonymous().DisableRateLimiting()
            .ExcludeFromDescription();
        routes.MapScalarApiReference(PagePath, page => page
                .WithTitle("Continue Watching")
                .WithOpenApiRoutePattern(DocumentPath)
                .DisableDefaultFonts()
                .AddPreferredSecuritySchemes([Operations.Scheme])
                .HideDeveloperTools()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp())
            .AllowAnonymous().DisableRateLimiting()
            .ExcludeFromDescription()
            .AddEndpointFilter(async (context, next) =>
            {
                context.HttpContext.Response.Headers.ContentSecurityPolicy = PagePolicy;
                return await next(context);
            });
    }
}
