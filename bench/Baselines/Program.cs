using ContinueWatching.Api;
using ContinueWatching.Api.Identity;
using ContinueWatching.Baselines;
using ContinueWatching.Hosting;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddTelemetry("baseline", isScraped: false);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddOptions<ApiSettings>().BindConfiguration(ApiSettings.Section);
builder.Services.AddBearerTokens();
builder.Services.AddRememberedTokens();
builder.Services.AddProblemDetails();
builder.Services.ConfigureHttpJsonOptions(json => AnswerJson.Configure(json.SerializerOptions));
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.AddPlaces();

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapPlaces();
await app.Services.GetRequiredService<IPlaces>().PrepareAsync();
await app.RunAsync();
