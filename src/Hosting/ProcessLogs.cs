using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;

namespace ContinueWatching.Hosting;

/// <summary>The log of a process that runs as a service: one JSON object per line, on standard output.</summary>
public static class ProcessLogs
{
    private const string Console = "Logging:Console";

    /// <summary>
    /// Logs as JSON, with the ids of the trace that a line belongs to, unless <c>Logging:Console:FormatterName</c> names another form.
    /// </summary>
    public static void AddJsonLogs(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration[$"{Console}:FormatterName"] is not null)
        {
            return;
        }

        // As configuration, in which a deployment may say otherwise.
        builder.Configuration[$"{Console}:FormatterName"] = ConsoleFormatterNames.Json;
        builder.Configuration[$"{Console}:FormatterOptions:IncludeScopes"] ??= bool.TrueString;
        builder.Configuration[$"{Console}:FormatterOptions:UseUtcTimestamp"] ??= bool.TrueString;
        builder.Configuration[$"{Console}:FormatterOptions:TimestampFormat"] ??= "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

        // The log is read by programs and people, not put into a web page: quotes and dashes stay what they are.
        builder.Services.Configure<JsonConsoleFormatterOptions>(json =>
            json.JsonWriterOptions = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
