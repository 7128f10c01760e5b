using System.Reflection;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace ContinueWatching.Api.Tests.BadRequests;

/// <summary>A route of the service as its endpoint tells of it, so that no new one is left out.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Pattern">The path, with its parameters in braces.</param>
/// <param name="Query">The query parameters.</param>
/// <param name="Body">What its body is; null when it reads none.</param>
/// <param name="IsOpen">Whether it asks for no token.</param>
internal sealed record Target(string Method, string Pattern, string[] Query, Form? Body, bool IsOpen)
{
    private static readonly string[] _pathParameters = ["userId", "contentId"];
    private static readonly string[] _queryParameters = ["limit", "after", "confirm"];

    private static readonly Dictionary<string, Form> _forms = new()
    {
        ["PUT /updateWatchStatus"] = Form.Report,
        ["POST /updateWatchStatus"] = Form.Report,
        ["GET /getWatchStatus"] = Form.Question,
        ["POST /users/{userId}/reports"] = Form.Journal,
        ["PATCH /users/{userId}"] = Form.Patch,
        ["PUT /users/{userId}/import"] = Form.Import,
        ["PUT /titles/{contentId}"] = Form.Title,
        ["PUT /titles"] = Form.Titles,
    };

    // The one answers for as long as it is listened to, and what it refuses is tried where it is tested; the other one's pages and scripts
    // are a library's, and full of words that no answer of ours may have.
    private static readonly string[] _others = ["/users/{userId}/events", "/docs"];

    public bool WritesTitles => Pattern.StartsWith("/titles", StringComparison.Ordinal) && Method != "GET";

    public override string ToString() => $"{Method} {Pattern}";

    /// <summary>All routes; a test fails here when one has something that nobody has said how to spoil.</summary>
    public static Target[] Of(IEnumerable<Endpoint> endpoints) =>
        [.. endpoints.OfType<RouteEndpoint>().Where(endpoint => !_others.Any(endpoint.RoutePattern.RawText!.StartsWith)).SelectMany(Of)];

    private static IEnumerable<Target> Of(RouteEndpoint endpoint)
    {
        var pattern = endpoint.RoutePattern.RawText!;
        var isOpen = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        var handler = endpoint.Metadata.GetMetadata<MethodInfo>();
        Assert.True(isOpen || handler is not null, $"{pattern}: what does it take?");
        var parameters = isOpen ? [] : handler!.GetParameters().SelectMany(Flatten).ToArray();
        var query = parameters.Where(parameter => !IsService(parameter.Type)).Select(parameter => parameter.Name)
            .Except(endpoint.RoutePattern.Parameters.Select(parameter => parameter.Name)).ToArray();
        Assert.All(endpoint.RoutePattern.Parameters, parameter => Assert.True(_pathParameters.Contains(parameter.Name), $"{pattern}: what is {parameter.Name}?"));
        Assert.All(query, name => Assert.True(_queryParameters.Contains(name), $"{pattern}: what is {name}?"));
        foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [HttpMethods.Get])
        {
            var readsBody = parameters.Any(parameter => parameter.Type == typeof(HttpRequest) || parameter.Type == typeof(HttpContext));
            Assert.True(!readsBody || _forms.ContainsKey($"{method} {pattern}"), $"{method} {pattern}: what is its body? Say so in {nameof(_forms)}.");
            yield return new Target(method, pattern, query, readsBody ? _forms[$"{method} {pattern}"] : null, isOpen);
        }
    }

    private static IEnumerable<(string Name, Type Type)> Flatten(ParameterInfo parameter) =>
        parameter.GetCustomAttribute<AsParametersAttribute>() is not null
            ? parameter.ParameterType.GetConstructors().Single(constructor => constructor.GetParameters().Length > 0).GetParameters().SelectMany(Flatten)
            : [(parameter.GetCustomAttribute<FromRouteAttribute>()?.Name ?? parameter.GetCustomAttribute<FromQueryAttribute>()?.Name ?? parameter.Name!, parameter.ParameterType)];

    // What is neither in the path, nor in the query, nor in the body.
    private static bool IsService(Type type) =>
        type.IsInterface || type == typeof(HttpRequest) || type == typeof(HttpContext) || type == typeof(ClaimsPrincipal)
        || type == typeof(TimeProvider) || type == typeof(CancellationToken);
}
