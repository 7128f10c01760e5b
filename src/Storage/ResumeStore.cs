using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;
using ContinueWatching.Grains;

namespace ContinueWatching.Storage;

/// <summary>The table <c>resume</c>: written by the group commit, read in batches.</summary>
internal sealed class ResumeStore(CommitWriter writer, ResumeLoader loader) : IResumeStore
{
    public Task<TitlePage> LoadNewestAsync(UserId user, TitleCursor? before, CancellationToken cancellationToken) =>
        loader.LoadNewestAsync(user, before).WaitAsync(cancellationToken);

    public Task<ImmutableArray<TitleProgress>> LoadTitlesAsync(
        UserId user, ImmutableArray<ContentId> titles, CancellationToken cancellationToken) =>
        loader.LoadTitlesAsync(user, titles).WaitAsync(cancellationToken);

    public double CommitFill => writer.Fill;

    public Task<bool> StoreAsync(RegisterWrite write) => writer.WriteAsync(write);
}
