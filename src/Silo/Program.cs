using ContinueWatching.Silo;

if (args is ["--migrate-only"])
{
    return await MigrateOnly.RunAsync();
}

var builder = WebApplication.CreateBuilder(args);
builder.AddGrains(silo => silo.UsePostgresCluster());
builder.AddSiloHealth();

var app = builder.Build();
app.MapSiloHealth();
return await app.RunToExitCodeAsync();
