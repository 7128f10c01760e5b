using ContinueWatching.Api;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["http_ports"] is null)
{
    builder.Configuration["urls"] ??= "http://0.0.0.0:8080";
}

builder.AddClusterClient();
builder.AddApi();

var app = builder.Build();
app.MapApi();
return await app.RunToExitCodeAsync();
