using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ContinueWatching.Api.Reference;

/// <summary>The document of the routes. Who needs no token could have it made anew at every call: it is made once.</summary>
internal sealed class DocumentBytes([FromKeyedServices(ReferenceRoutes.Document)] IOpenApiDocumentProvider provider)
{
    private Task<byte[]>? _bytes;

    /// <summary>The document as JSON; one that failed to be made is made again when it is asked for again.</summary>
    public Task<byte[]> GetAsync()
    {
        var bytes = Volatile.Read(ref _bytes);
        if (bytes is null or { IsCompleted: true, IsCompletedSuccessfully: false })
        {
            // Two who come first together may both make it: it is the same.
            bytes = WriteAsync();
            Volatile.Write(ref _bytes, bytes);
        }

        return bytes;
    }

    private async Task<byte[]> WriteAsync()
    {
        var document = await provider.GetOpenApiDocumentAsync();
        using var bytes = new MemoryStream();
        await document.SerializeAsJsonAsync(bytes, OpenApiSpecVersion.OpenApi3_1);
        return bytes.ToArray();
    }
}
