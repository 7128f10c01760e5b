using ContinueWatching.Hosting;
using ContinueWatching.Silo;

if (args.Contains("--migrate-only"))
{
    return await MigrateOnly.RunAsync([.. args.Where(argument => argument != "--migrate-only")]);
}

if (args.Contains(HealthCommand.Argument))
{
    return await HealthCommand.RunAsync(args, SiloHealth.DefaultUrl);
}

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["http_ports"] is null)
{
    builder.Configuration["urls"] ??= SiloHealth.DefaultUrl;
}

if (!await EcsTask.TryFindAddressAsync(builder))
{
    return 1;
}

builder.AddJsonLogs();
builder.AddTelemetry("continue-watching-silo", isScraped: true);
builder.AddGrains(silo => silo.UsePostgresCluster());
builder.AddSiloHealth();
builder.AddSiloDashboard();

var app = builder.Build();
app.MapSiloHealth();
app.MapSiloMetrics();
app.MapSiloDashboard();
return await app.RunToExitCodeAsync();
