using System.Text;
using ContinueWatching.Api.Reference;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ContinueWatching.Api.Tests;

/// <summary>The document of the routes, made when it is first asked for.</summary>
public sealed class DocumentBytesTests
{
    [Fact]
    public async Task What_failed_to_be_made_is_made_again_and_what_is_made_is_kept()
    {
        var provider = new FailsOnce();
        var document = new DocumentBytes(provider);

        await Assert.ThrowsAsync<InvalidOperationException>(document.GetAsync);
        var made = await document.GetAsync();

        Assert.Contains("\"openapi\"", Encoding.UTF8.GetString(made), StringComparison.Ordinal);
        Assert.Same(made, await document.GetAsync());
        Assert.Equal(2, provider.Asked);
    }

    private sealed class FailsOnce : IOpenApiDocumentProvider
    {
        public int Asked { get; private set; }

        public Task<OpenApiDocument> GetOpenApiDocumentAsync(CancellationToken cancellationToken = default) => ++Asked == 1
            ? Task.FromException<OpenApiDocument>(new InvalidOperationException("Not now."))
            : Task.FromResult(new OpenApiDocument { Info = new OpenApiInfo { Title = "Routes", Version = "1" } });
    }
}
