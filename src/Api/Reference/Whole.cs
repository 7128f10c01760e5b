using ContinueWatching.Api.Identity;
using ContinueWatching.Api.Users;
using ContinueWatching.Contracts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ContinueWatching.Api.Reference;

/// <summary>What is said of the service as a whole, and of the records by their members.</summary>
internal static class Whole
{
    /// <summary>What the names of records end in that describe requests.</summary>
    private const string BodySuffix = "Body";

    private const string Introduction = $"""
        A viewer stops a film on the television and goes on with it on the phone, at the same second. This service keeps the place: a
        player tells it where the viewer is, an app asks it where to go on.

        - **An answer of success means committed** in Postgres. Every call may be repeated.
        - Positions and durations are **seconds**, times are ISO-8601 with their offset, in answers UTC. A member that is not known is left out;
          in requests, `null` is the same as absent, and members that nobody knows are skipped.
        - Errors are `application/problem+json` (RFC 9457). A 400 names the field, what came and what is allowed.
        - Every route but the health checks needs a bearer token (JWT), whose user is the one it may act for. The scope
          `{Caller.ServiceScope}` may act for any user, `{Caller.CatalogueScope}` writes titles.
        - Bodies have 16 KiB at most, 256 KiB where they carry many things at once, 64 MiB in an import (an entry of it 16 KiB).
        """;

    public static async Task DescribeAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = "Continue Watching", Version = "v1", Description = Introduction };
        document.Servers = [new OpenApiServer { Url = "/", Description = "Where this document came from." }];
        AddTags(document, context.ApplicationServices);
        AddScheme(document);
        foreach (var refusal in Refusals.All)
        {
            var schema = await context.GetOrCreateSchemaAsync(refusal.Type, null, cancellationToken);
            document.Components ??= new OpenApiComponents();
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
            document.Components.Schemas[refusal.Type.Name] = schema;
            document.AddComponent(refusal.Name, refusal.ToResponse(new OpenApiSchemaReference(refusal.Type.Name, document)));
        }

        AddPlainRoutes(document, context.ApplicationServices);
        foreach (var (name, schema) in document.Components?.Schemas?.ToArray() ?? [])
        {
            Describe(document, name, (OpenApiSchema)schema);
        }
    }

    private static void AddTags(OpenApiDocument document, IServiceProvider services)
    {
        var used = Routes(services).Select(route => route.Metadata.GetMetadata<RouteText>()?.Tag).ToHashSet();
        document.Tags = Tags.Descriptions.Where(tag => used.Contains(tag.Key))
            .Select(tag => new OpenApiTag { Name = tag.Key, Description = tag.Value })
            .ToHashSet();
    }

    private static void AddScheme(OpenApiDocument document) => document.AddComponent(Operations.Scheme, new OpenApiSecurityScheme
    {
        Type = SecuritySchemeType.Http,
        Scheme = "bearer",
        BearerFormat = "JWT",
        Description =
            "A token of your identity provider, for this service. Its `sub` names the user. Scopes, in `scope` or `scp`: "
            + $"`{Caller.ServiceScope}` acts for any user, `{Caller.CatalogueScope}` writes titles.",
    });

    // Health checks are no handlers that a description is made of: theirs is all in their text.
    private static void AddPlainRoutes(OpenApiDocument document, IServiceProvider services)
    {
        foreach (var route in Routes(services))
        {
            var path = $"/{route.RoutePattern.RawText?.TrimStart('/')}";
            if (route.Metadata.GetMetadata<RouteText>() is not { PlainAnswers.Count: > 0 } text || document.Paths.ContainsKey(path))
            {
                continue;
            }

            var operation = new OpenApiOperation();
            Operations.Describe(operation, text, document, [], null, route.Metadata.GetMetadata<IAllowAnonymous>() is not null);
            document.Paths.Add(path, new OpenApiPathItem { Operations = new() { [HttpMethod.Get] = operation } });
        }
    }

    private static IEnumerable<RouteEndpoint> Routes(IServiceProvider services) =>
        services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    private static void Describe(OpenApiDocument document, string name, OpenApiSchema schema)
    {
        if (name == nameof(ContentId))
        {
            document.Components!.Schemas![name] = Words.Uuid();
            return;
        }

        if (name == nameof(ExportEntry))
        {
            schema.OneOf = [.. schema.Properties!.Values];
            (schema.Type, schema.Properties, schema.Required) = (null, null, null);
            return;
        }

        if (schema.Enum is { Count: > 0 })
        {
            schema.Type = JsonSchemaType.String;
        }

        foreach (var (member, property) in schema.Properties?.ToArray() ?? [])
        {
            var isOptional = IsNullable(property);
            if (isOptional)
            {
                schema.Required?.Remove(member);
            }

            // What is not known is left out of answers; in requests null is the same as absent.
            var kept = isOptional && !name.EndsWith(BodySuffix, StringComparison.Ordinal) ? WithoutNull(property) : property;
            schema.Properties![member] = Words.Describe(name, member, kept);
        }
    }

    private static bool IsNullable(IOpenApiSchema schema) =>
        schema.Type?.HasFlag(JsonSchemaType.Null) is true || schema.OneOf?.Any(IsNullable) is true;

    private static IOpenApiSchema WithoutNull(IOpenApiSchema schema)
    {
        if (schema.OneOf?.SingleOrDefault(one => !IsNullable(one)) is { } only)
        {
            return only;
        }

        ((OpenApiSchema)schema).Type &= ~JsonSchemaType.Null;
        return schema;
    }
}
