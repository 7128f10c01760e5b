using ContinueWatching.Domain;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ContinueWatching.Grains;

/// <summary>What the grains of all users of a silo work with. One object: of millions of grains each holds one reference, not eight.</summary>
public sealed class UserServices(
    IResumeStore store,
    IUserStore users,
    TitleCatalogue catalogue,
    IOptions<WatchOptions> options,
    TimeProvider time,
    GrainInstruments instruments,
    ILoggerFactory loggers)
{
    internal IResumeStore Store => store;

    internal IUserStore Users => users;

    internal TitleCatalogue Catalogue => catalogue;

    internal WatchOptions Options { get; } = options.Value;

    internal CompletionRule Completion { get; } = options.Value.Completion;

    internal TimeProvider Time => time;

    internal GrainInstruments Instruments => instruments;

    internal ILogger Logger { get; } = loggers.CreateLogger<UserGrain>();
}
