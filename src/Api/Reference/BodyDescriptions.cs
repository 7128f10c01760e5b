using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace ContinueWatching.Api.Reference;

/// <summary>
/// Tells the framework of the bodies that routes read by hand. Not by <c>Accepts</c>, which routes requests as well: a body that is
/// called something else would be refused without a word of why.
/// </summary>
internal sealed class BodyDescriptions : IApiDescriptionProvider
{
    // After the framework's own, which finds the routes.
    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
        foreach (var route in context.Results)
        {
            if (route.ActionDescriptor.EndpointMetadata?.OfType<RouteText>().LastOrDefault() is { Body: { } body })
            {
                route.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = "application/json" });
                route.ParameterDescriptions.Add(new ApiParameterDescription
                {
                    Name = "body",
                    Source = BindingSource.Body,
                    Type = body.Type,
                    IsRequired = body.IsRequired,
                });
            }
        }
    }
}
