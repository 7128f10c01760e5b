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

builder.AddGrains(silo => silo.UsePostgresCluster());
builder.AddSiloHealth();

var app = builder.Build();
app.MapSiloHealth();
return await app.RunToExitCodeAsync();
