using ContinueWatching.Grains;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Serialization;
using Orleans.Storage;

namespace ContinueWatching.Silo;

/// <summary>The catalogue of titles: small documents in Orleans' grain storage, in Postgres, and what the silo remembers of them.</summary>
public static class Catalogue
{
    /// <summary>Adds the titles' storage on the one <see cref="NpgsqlDataSource"/>, and <see cref="TitleCatalogue"/>.</summary>
    public static ISiloBuilder AddCatalogue(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<TitleCatalogue>().AddKeyedSingleton(TitleCatalogue.Storage, (services, _) =>
        {
            var options = services.GetRequiredService<IOptions<CatalogueOptions>>().Value;
            return new ConnectionLimit("catalogue", options.Connections, options.Patience, services.GetRequiredService<TimeProvider>());
        });
        return silo.AddAdoNetGrainStorage(TitleCatalogue.Storage, options => options
            .Configure<NpgsqlDataSource, IOptions<SystemTextJsonGrainStorageSerializerOptions>>((orleans, source, json) =>
            {
                (orleans.Invariant, orleans.DataSource) = ("Npgsql", source);

                // A removed title leaves no row behind: a row's first version is random, so that no forgotten ETag fits its successor.
                orleans.DeleteStateOnClear = true;

                // The default writes the names of .NET types into every row.
                orleans.GrainStorageSerializer = new SystemTextJsonGrainStorageSerializer(json);
            }));
    }
}
