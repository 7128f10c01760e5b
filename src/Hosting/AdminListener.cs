using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Hosting;

/// <summary>
/// A second listener of a process that serves the public: metrics for Prometheus, and nothing else. It is told by the port that a
/// connection came in on, which no client can claim.
/// </summary>
public static class AdminListener
{
    /// <summary>Where metrics are, on an admin listener.</summary>
    public const string MetricsPath = "/metrics";

    private const string Key = $"{AdminSettings.Section}:{nameof(AdminSettings.Url)}";
    private const string Endpoints = "Kestrel:Endpoints";

    /// <summary>
    /// Has the process listen on <see cref="AdminSettings.Url"/> as well, if there is one. Called when it is known where it listens for
    /// the public.
    /// </summary>
    public static void AddAdminListener(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IValidateOptions<AdminSettings>, AdminSettingsValidation>();
        builder.Services.AddOptions<AdminSettings>().BindConfiguration(AdminSettings.Section).ValidateOnStart();
        var configuration = builder.Configuration;
        if (!IsConfigured(configuration) || FindPort(configuration[Key]!) is null)
        {
            return;
        }

        // Endpoints of Kestrel's own section take the place of all URLs.
        if (configuration.GetSection(Endpoints).Exists())
        {
            configuration[$"{Endpoints}:Admin:Url"] ??= configuration[Key];
            return;
        }

        configuration["urls"] = string.Join(';', [.. Urls(configuration), configuration[Key]]);
        (configuration["http_ports"], configuration["https_ports"]) = (null, null);
    }

    /// <summary>Serves the admin listener's requests. Comes before whatever the public is served.</summary>
    public static void UseAdminListener(this WebApplication app)
    {
        if (!IsConfigured(app.Configuration) || FindPort(app.Configuration[Key]!) is not { } port)
        {
            return;
        }

        app.MapWhen(http => http.Connection.LocalPort == port, admin =>
        {
            admin.UseOpenTelemetryPrometheusScrapingEndpoint(MetricsPath);
            admin.Run(http =>
            {
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            });
        });
    }

    /// <summary>Whether there is an admin listener beside the public one.</summary>
    internal static bool IsConfigured(IConfiguration configuration) => configuration[Key] is { Length: > 0 };

    /// <summary>The port of <paramref name="url"/>; null when it is none, or has none.</summary>
    internal static int? FindPort(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.IsUnixPipe || address.IsNamedPipe || address.PathBase.Length > 0 || address.Port == 0 ? null : address.Port;
        }
        catch (FormatException)
        {
            // Kestrel says so of its own; of the admin listener's, its settings' validation.
            return null;
        }
    }

    // As the host reads them: ports count where no URLs are given.
    internal static IEnumerable<string> Urls(IConfiguration configuration) => Split(configuration["urls"]) is { Length: > 0 } urls
        ? urls
        : [.. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"), .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}")];

    private static string[] Split(string? list) =>
        (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
