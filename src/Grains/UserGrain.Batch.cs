using System.Collections.Immutable;
using ContinueWatching.Contracts;
using ContinueWatching.Domain;

namespace ContinueWatching.Grains;

/// <summary>Many reports at once: what a device kept while it was offline, and what an export held.</summary>
internal sealed partial class UserGrain
{
    public async Task<ImmutableArray<ReportResult>> ReportBatchAsync(
        ImmutableArray<Report> reports, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (reports.IsDefaultOrEmpty || reports.Length > Limits.ReportsInBatch)
        {
            throw new ArgumentException($"A batch has 1 to {Limits.ReportsInBatch} reports.", nameof(reports));
        }

        await WakeAsync(cancellationToken);
        var now = Now();
        var valid = reports.Where(report => report.FindFault() is null).Select(report => report.ContentId).Distinct().ToImmutableArray();
        await _services.Catalogue.LoadAsync(valid, cancellationToken);
        var change = new Change(await FindAsync(valid, cancellationToken));
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var results = ImmutableArray.CreateRange(reports, report => Judge(report, change, now));
            if (await CommitAsync(change, now))
            {
                foreach (var result in results)
                {
                    _services.Instruments.Reported(result.Outcome);
                }

                return results;
            }
        }

        throw new StorageUnavailableException("The user is being written by another activation.");
    }

    public async Task<int> ImportAsync(ImmutableArray<TitleRecord> titles, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (titles.IsDefaultOrEmpty || titles.Length > Limits.TitlesInChunk || titles.DistinctBy(title => title.ContentId).Count() < titles.Length)
        {
            throw new ArgumentException($"An import has 1 to {Limits.TitlesInChunk} titles at once, each once.", nameof(titles));
        }

        await WakeAsync(cancellationToken);

        // Nothing happens later than now; the clock that exported may have been ahead by as much as silos tolerate.
        var now = Now();
        if (titles.Select(title => title.FindFault(now + Limits.ClockDifference)).FirstOrDefault(fault => fault is not null) is { } fault)
        {
            throw new ArgumentException(fault.ToString(), nameof(titles));
        }

        var change = new Change(await FindAsync([.. titles.Select(title => title.ContentId)], cancellationToken));
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            foreach (var title in titles)
            {
                change.Put(Import(change.Of(title.ContentId), title, now));
            }

            if (await CommitMarksAsync(change, now) && await CommitAsync(change, now))
            {
                return change.Changed.Count();
            }
        }

        throw new StorageUnavailableException("The user is being written by another activation.");
    }

    private ReportResult Judge(Report report, Change change, DateTimeOffset now)
    {
        if (report.FindFault() is { } fault)
        {
            return new ReportResult(ReportOutcome.Invalid, null, NextReportIn()) { Fault = fault };
        }

        var register = Register.Of(report, ReportTime.Of(report, now));
        var title = change.Of(report.ContentId);
        _services.Catalogue.TryGet(report.ContentId, out var catalogued);
        var verdict = _state.Judge(title, register);
        if (verdict.Stored is { } stored)
        {
            title = title.With(title.MarksAfter(stored, _services.Completion, catalogued, now)).Merge(stored);
        }
        else
        {
            title = Note(verdict.Outcome, title, register);
        }

        change.Put(title);
        return Answer(verdict.Outcome, title, register, catalogued);
    }

    private TitleProgress Import(TitleProgress title, TitleRecord record, DateTimeOffset now)
    {
        var marks = new TitleMarks
        {
            CompletedAt = Later(record.CompletedAt),
            PlayCount = Later(record.CompletedAt) is null ? 0 : record.PlayCount,
            HiddenAt = Later(record.HiddenAt),
            ForgottenAt = Later(record.ForgottenAt),
        };
        title = title.With(title.Marks.Import(marks, now));
        foreach (var place in record.Places)
        {
            var report = new Report(record.ContentId, place.Position, now) { DeviceId = place.DeviceId, Duration = place.Duration };
            var register = Register.Of(report, ReportTime.Truncate(place.WatchedAt));
            title = _state.Takes(register) ? title.Merge(register) : title;
        }

        return title;

        DateTimeOffset? Later(DateTimeOffset? moment) =>
            moment is { } given && !(given <= _state.ErasedAt) ? ReportTime.Truncate(given) : null;
    }

    // Marks first: they say which places are forgotten, and a repeat of either half changes nothing.
    private async Task<bool> CommitMarksAsync(Change change, DateTimeOffset now)
    {
        var marked = change.Changed.Where(pair => !ReferenceEquals(pair.Before.Marks, pair.After.Marks))
            .Select(pair => (pair.After.ContentId, pair.After.Marks)).ToImmutableArray();
        if (marked.IsEmpty || await StoreMarksAsync(marked, now))
        {
            return true;
        }

        await RenewAsync(change);
        return false;
    }

    // One commit where the queue allows it, and all or an error: of what is in doubt, memory is given up.
    private async Task<bool> CommitAsync(Change change, DateTimeOffset now)
    {
        var writes = change.Changed.SelectMany(pair => ToWrites(pair.Before, pair.After, now)).ToArray();
        var stood = await StoreAllAsync(writes);
        if (stood.Contains(false))
        {
            LogLost(_services.Logger, _user, writes[stood.IndexOf(false)].ContentId);
            GiveWayToTheOther();
            await RenewAsync(change);
            return false;
        }

        foreach (var title in change.Titles)
        {
            _titles.Merge(title);
        }

        if (writes.Length > 0)
        {
            Remember(now, marked: writes.Any(write => write.Marks is not null));
        }

        Tell(change);
        return true;
    }

    private IEnumerable<RegisterWrite> ToWrites(TitleProgress before, TitleProgress after, DateTimeOffset now)
    {
        var evicted = new Queue<Register>(before.Registers.Where(old =>
            !(old.WatchedAt <= after.Marks.ForgottenAt) && after.Registers.All(kept => kept.DeviceId != old.DeviceId)));
        var marks = after.Marks;
        foreach (var register in after.Registers.Except(before.Registers))
        {
            yield return ToWrite(before, register, evicted.TryDequeue(out var old) ? old : null, marks, now);
            marks = before.Marks;
        }
    }

    private async Task<bool[]> StoreAllAsync(IEnumerable<RegisterWrite> writes)
    {
        try
        {
            return await Task.WhenAll(writes.Select(QueueAsync).ToArray());
        }
        catch (Exception exception) when (exception is StorageUnavailableException or InvalidOperationException)
        {
            // Some of them may be stored, and memory behind Postgres.
            GiveUpMemory();
            throw;
        }

        // A full queue throws at once: here it must not keep those that were queued from being awaited.
        async Task<bool> QueueAsync(RegisterWrite write) => await _services.Store.StoreAsync(write);
    }

    private async Task RenewAsync(Change change) =>
        change.Renew(await ReloadAsync([.. change.Titles.Select(title => title.ContentId)]));

    private async Task<ImmutableArray<TitleProgress>> ReloadAsync(ImmutableArray<ContentId> titles)
    {
        var loaded = (await _services.Store.LoadTitlesAsync(_user, titles, CancellationToken.None)).Select(Admit).ToImmutableArray();
        foreach (var title in loaded)
        {
            _titles.Merge(title);
        }

        Tell(ChangedParts.Row);
        return loaded;
    }

    /// <summary>Titles as they are, and as they are to become.</summary>
    private sealed class Change(IEnumerable<TitleProgress> titles)
    {
        private readonly Dictionary<ContentId, (TitleProgress Before, TitleProgress After)> _titles =
            titles.ToDictionary(title => title.ContentId, title => (title, title));

        public IEnumerable<TitleProgress> Titles => _titles.Values.Select(pair => pair.After);

        public IEnumerable<(TitleProgress Before, TitleProgress After)> Changed => _titles.Values.Where(pair =>
            !ReferenceEquals(pair.Before.Marks, pair.After.Marks) || !pair.After.Registers.SequenceEqual(pair.Before.Registers));

        public TitleProgress Of(ContentId contentId) => _titles[contentId].After;

        /// <summary>Takes back what was to become of the titles, and takes in what others have stored of them.</summary>
        public void Renew(IEnumerable<TitleProgress> loaded)
        {
            var stored = loaded.ToDictionary(title => title.ContentId);
            foreach (var (contentId, (before, after)) in _titles.ToArray())
            {
                var own = after.Registers.Except(before.Registers).ToArray();
                var known = stored.TryGetValue(contentId, out var title) ? before.MergeOthers(title, own) : before;
                _titles[contentId] = (known, known);
            }
        }

        public void Put(TitleProgress title) => _titles[title.ContentId] = (_titles[title.ContentId].Before, title);
    }
}
