using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Hosting;

/// <summary>Where a process that serves the public listens for its operators; section <c>Admin</c>.</summary>
public sealed class AdminSettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Admin";

    /// <summary>
    /// The address, <c>http://0.0.0.0:8082</c>, with a port of its own; empty for none. Whoever reaches it reads the metrics: keep it inside
    /// your network.
    /// </summary>
    public string Url { get; set; } = "";
}

/// <summary>An admin listener is told from the public one by its port.</summary>
internal sealed class AdminSettingsValidation(IConfiguration configuration) : IValidateOptions<AdminSettings>
{
    public ValidateOptionsResult Validate(string? name, AdminSettings options)
    {
        if (options.Url.Length == 0)
        {
            return ValidateOptionsResult.Success;
        }

        if (AdminListener.FindPort(options.Url) is not { } port)
        {
            return ValidateOptionsResult.Fail(
                $"{AdminSettings.Section}:{nameof(AdminSettings.Url)} was {options.Url}; allowed: one URL with a port, as http://0.0.0.0:8082, or nothing.");
        }

        return AdminListener.Urls(configuration).Count(url => AdminListener.FindPort(url) == port) <= 1
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{AdminSettings.Section}:{nameof(AdminSettings.Url)} and urls have the same port, {port}.");
    }
}
