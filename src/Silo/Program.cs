using ContinueWatching.Hosting;
using ContinueWatching.Silo;

if (args.Contains("--migrate-only"))
{
    return await MigrateOnly.RunAsync([.. args.Where(argument => argument != "--migrate-only")]);
}

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["http_ports"] is null)
{
    builder.Configuration["urls"] ??= "http://0.0.0.0:8081";
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
