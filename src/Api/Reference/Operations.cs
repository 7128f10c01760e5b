using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ContinueWatching.Api.Reference;

/// <summary>Describes an operation by its <see cref="RouteText"/>, with every answer that such a route can give.</summary>
internal static class Operations
{
    /// <summary>The name of the one security scheme.</summary>
    public const string Scheme = "bearer";

    public static Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (context.Document is { } document && metadata.OfType<RouteText>().LastOrDefault() is { } text)
        {
            var methods = metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods ?? [];
            Describe(operation, text, document, methods, context.Description.HttpMethod, metadata.OfType<IAllowAnonymous>().Any());
        }

        return Task.CompletedTask;
    }

    /// <summary>Describes an operation as its text tells, of a route that takes <paramref name="methods"/>.</summary>
    public static void Describe(
        OpenApiOperation operation, RouteText text, OpenApiDocument document, IReadOnlyList<string> methods, string? method, bool isAnonymous)
    {
        operation.OperationId = methods.Count > 1 && method is not null && method != methods[0]
            ? $"{text.Id}By{method[..1]}{method[1..].ToLowerInvariant()}"
            : text.Id;
        operation.Tags = new HashSet<OpenApiTagReference> { new(text.Tag, document) };
        operation.Summary = text.Summary;
        operation.Description = text.Description;
        operation.Security = isAnonymous ? [] : [new() { [new(Scheme, document)] = text.Scope is { } scope ? [scope] : [] }];
        DescribeParameters(operation, text);
        DescribeBody(operation, text);
        DescribeAnswers(operation, text, isAnonymous);
        AddRefusals(operation, text, document, isAnonymous);
    }

    private static void DescribeParameters(OpenApiOperation operation, RouteText text)
    {
        operation.Parameters ??= [];
        foreach (var name in text.Query)
        {
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query });
        }

        if (operation.Responses?.ContainsKey("304") is true)
        {
            operation.Parameters.Add(new OpenApiParameter { Name = "If-None-Match", In = ParameterLocation.Header });
        }

        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>())
        {
            Words.Describe(parameter);
        }
    }

    private static void DescribeBody(OpenApiOperation operation, RouteText text)
    {
        if (operation.RequestBody is OpenApiRequestBody body && text.Body is { } described)
        {
            body.Required = described.IsRequired;
            foreach (var content in body.Content?.Values ?? [])
            {
                content.Example = described.Example.ToExample();
            }
        }
    }

    private static void DescribeAnswers(OpenApiOperation operation, RouteText text, bool isAnonymous)
    {
        operation.Responses ??= [];
        foreach (var (status, response) in operation.Responses)
        {
            var answer = (OpenApiResponse)response;
            answer.Description = status switch
            {
                "200" => isAnonymous ? "Success." : "Success: what the answer says is committed.",
                "204" => "Success: it is committed.",
                "304" => "Nothing has changed since the answer that had this ETag.",
                _ => answer.Description,
            };
            if (operation.Responses.ContainsKey("304"))
            {
                answer.Headers = new Dictionary<string, IOpenApiHeader> { ["ETag"] = Words.ETag };
            }

            foreach (var (contentType, content) in answer.Content ?? new Dictionary<string, OpenApiMediaType>())
            {
                // A stream of events is a text, whatever its events carry.
                content.Schema = contentType == "text/event-stream" ? Words.PlainText() : content.Schema;
                content.Example = text.Answer?.ToExample(contentType);
            }
        }

        foreach (var plain in text.PlainAnswers)
        {
            operation.Responses[$"{plain.Status}"] = new OpenApiResponse
            {
                Description = plain.Description,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["text/plain"] = new() { Schema = Words.PlainText(), Example = plain.Example },
                },
            };
        }
    }

    private static void AddRefusals(OpenApiOperation operation, RouteText text, OpenApiDocument document, bool isAnonymous)
    {
        Refusal?[] refusals =
        [
            operation.Parameters is { Count: > 0 } || text.Body is not null ? Refusals.BadRequest : null,
            isAnonymous ? null : Refusals.Unauthorized,
            isAnonymous || text.OpenToAll ? null : Refusals.Forbidden,
            text.NotFound is null ? null : Refusals.NotFound,
            text.Conflict is null ? null : Refusals.Conflict,
            text.Body is null ? null : Refusals.TooLarge,
            text.Body is null ? null : Refusals.NotJson,
            isAnonymous ? null : Refusals.TooMany,
            isAnonymous ? null : Refusals.Failed,
            isAnonymous ? null : Refusals.Unavailable,
        ];
        foreach (var refusal in refusals.OfType<Refusal>())
        {
            operation.Responses![$"{refusal.Status}"] = new OpenApiResponseReference(refusal.Name, document)
            {
                Description = refusal.Status switch
                {
                    StatusCodes.Status404NotFound => text.NotFound,
                    StatusCodes.Status409Conflict => text.Conflict,
                    _ => null,
                },
            };
        }
    }
}
