using ContinueWatching.Api;
using ContinueWatching.Hosting;

const string defaultUrl = "http://0.0.0.0:8080";

if (args.Contains(HealthCommand.Argument))
{
    return await HealthCommand.RunAsync(args, defaultUrl);
}

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["http_ports"] is null)
{
    builder.Configuration["urls"] ??= defaultUrl;
}

builder.Configuration["Admin:Url"] ??= "http://0.0.0.0:8082";

builder.AddJsonLogs();
builder.AddAdminListener();
builder.AddTelemetry("continue-watching-api");
builder.AddClusterClient();
builder.AddApi();

var app = builder.Build();
app.MapApi();
return await app.RunToExitCodeAsync();
