using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>The row: made by the rule, which says what else it must know.</summary>
internal sealed partial class UserGrain
{
    public async Task<ImmutableArray<RowEntry>> GetRowAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WakeAsync(cancellationToken);
        Lookup? lookup = null;
        while (true)
        {
            var row = lookup is null
                ? Row.Of(_titles.WithoutGaps, _services.Completion, _services.Catalogue.TryGet, FindProgress)
                : Row.Of(_titles.WithoutGaps, _services.Completion, lookup.FindTitle, lookup.FindProgress);
            if (!row.IsCertain)
            {
                lookup ??= new Lookup(this);
                await lookup.LoadAsync(row, cancellationToken);
            }
            else if (row.IsFull || !await LoadOlderAsync(cancellationToken))
            {
                _services.Instruments.RowRead();
                return row.Entries;
            }
        }
    }

    public async Task<RowExplanation> ExplainAsync(ContentId contentId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireTitle(contentId);
        await WakeAsync(cancellationToken);
        var lookup = new Lookup(this);
        var read = (await FindAsync([contentId], cancellationToken))[0];
        while (true)
        {
            // Meanwhile a page or a report may have brought it into memory, where it is whole, or the user may have been erased.
            var asked = _titles.Find(contentId) ?? Admit(read);
            var why = Row.Explain(asked, _state, _titles.WithoutGaps, _services.Completion, lookup.FindTitle, lookup.FindProgress, out var row);
            if (!row.IsCertain)
            {
                await lookup.LoadAsync(row, cancellationToken);
            }
            else if (!await LoadOlderAsync(cancellationToken))
            {
                return why;
            }
        }
    }

    // A page further down, unless all is in memory that the row is exact over.
    private async ValueTask<bool> LoadOlderAsync(CancellationToken cancellationToken)
    {
        if (_titles.IsComplete || _titles.WithoutGaps.Count() >= LoadedTitles.MaxTitles)
        {
            return false;
        }

        await LoadPageAsync(_titles.Horizon, cancellationToken);
        return true;
    }

    private static void RequireTitle(ContentId contentId)
    {
        if (contentId == default)
        {
            throw new ArgumentException($"contentId is not {ContentId.Allowed}.", nameof(contentId));
        }
    }

    /// <summary>What one row had to ask for: kept until it is made, so that each question is asked once.</summary>
    private sealed class Lookup(UserGrain grain)
    {
        private readonly Dictionary<ContentId, Title?> _titles = [];
        private readonly Dictionary<ContentId, TitleProgress> _progress = [];

        public bool FindTitle(ContentId contentId, out Title? title) =>
            grain._services.Catalogue.TryGet(contentId, out title) || _titles.TryGetValue(contentId, out title);

        public TitleProgress? FindProgress(ContentId contentId) =>
            grain.FindProgress(contentId) ?? _progress.GetValueOrDefault(contentId);

        public async Task LoadAsync(Row row, CancellationToken cancellationToken)
        {
            await grain._services.Catalogue.LoadAsync(row.UnknownTitles, cancellationToken);
            foreach (var contentId in row.UnknownTitles)
            {
                grain._services.Catalogue.TryGet(contentId, out var title);
                _titles[contentId] = title;
            }

            if (row.UnknownProgress.Count > 0)
            {
                foreach (var title in await grain.FindAsync([.. row.UnknownProgress], cancellationToken))
                {
                    _progress[title.ContentId] = title;
                }
            }
        }
    }
}
