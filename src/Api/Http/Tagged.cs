using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;
using System.Text.Json;

namespace ContinueWatching.Api.Http;

/// <summary>
/// 200 with an ETag of what the body says, or 304 when the client has just that (<c>If-None-Match</c>): an app that comes back to its
/// start page has nothing to read.
/// </summary>
internal sealed class Tagged<T>(T value, JsonTypeInfo<T> json) : IResult, IEndpointMetadataProvider
{
    private const int TagBytes = 12;

    /// <summary>What the body says.</summary>
    public T Value => value;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["application/json"]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status304NotModified, typeof(void)));
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, json);
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, TagBytes))}\"";
        httpContext.Response.Headers.ETag = tag;
        if (httpContext.Request.Headers.IfNoneMatch.Count > 0 && IsKnown(httpContext.Request, new EntityTagHeaderValue(tag)))
        {
            httpContext.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        httpContext.Response.ContentType = "application/json; charset=utf-8";
        httpContext.Response.ContentLength = body.Length;
        await httpContext.Response.BodyWriter.WriteAsync(body, httpContext.RequestAborted);
    }

    private static bool IsKnown(HttpRequest request, EntityTagHeaderValue tag) => request.GetTypedHeaders().IfNoneMatch.Any(known =>
        known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false));
}
