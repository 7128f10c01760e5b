using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace ContinueWatching.Standalone;

/// <summary>
/// The page at <c>/</c>: two screens of one viewer, side by side. It signs in with development tokens, so it is only where those are.
/// </summary>
internal static class DemoPage
{
    // Nothing but what comes from here runs, is shown or is asked; what hls.js plays it makes itself (blob:).
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    // What is written in letters. Films and posters are compressed as they are.
    private static readonly string[] _letters = ["text/html", "text/css", "text/javascript", "image/svg+xml"];

    /// <summary>Adds what the page needs: it goes out compressed.</summary>
    public static void AddDemoPage(this IServiceCollection services) =>
        services.AddResponseCompression(compression => compression.MimeTypes = _letters)
            .Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);

    /// <summary>Serves the page's files. Comes before the API, which answers nobody without a token.</summary>
    public static void UseDemoPage(this WebApplication app)
    {
        var files = new PhysicalFileProvider(_folder);
        var types = new FileExtensionContentTypeProvider
        {
            Mappings =
            {
                [".m3u8"] = "application/vnd.apple.mpegurl",
                [".m4s"] = "video/iso.segment",
                [".webp"] = "image/webp",
            },
        };
        app.UseResponseCompression();
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            ContentTypeProvider = types,
            OnPrepareResponse = file =>
            {
                var headers = file.Context.Response.Headers;
                headers.CacheControl = "no-cache";
                headers.ContentSecurityPolicy = Policy;
                headers.XContentTypeOptions = "nosniff";
                headers[HeaderNames.XFrameOptions] = "DENY";
                headers["Referrer-Policy"] = "no-referrer";
                headers["Cross-Origin-Opener-Policy"] = "same-origin";
            },
        });
    }
}
