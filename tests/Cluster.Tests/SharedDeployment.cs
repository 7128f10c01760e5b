using ContinueWatching.Testing;

namespace ContinueWatching.Cluster.Tests;

/// <summary>
/// One deployment for all tests that end some process of it: each first has put right what the one before has left, which takes one start where a
/// deployment of its own takes three.
/// </summary>
public sealed class SharedDeployment : IAsyncLifetime
{
    private static readonly (string, string?) _renewal = ("Api__EventRenewal", "00:00:02");

    private readonly List<SiloProcess> _silos = [];
    private Deployment? _deployment;
    private ServiceProcess? _api;

    internal Deployment Deployment => _deployment!;

    /// <summary>Sees to it that so many silos are there and ready, and the API; what all of them have said so far is forgotten.</summary>
    internal async Task<(IReadOnlyList<SiloProcess> Silos, ServiceProcess Api)> WithAsync(int silos)
    {
        _silos.RemoveAll(silo => silo.Process.HasExited);
        foreach (var surplus in _silos.Skip(silos).ToArray())
        {
            surplus.Process.Signal(Signals.Terminate);
            await surplus.Process.ExitAsync();
            _silos.Remove(surplus);
        }

        while (_silos.Count < silos)
            _silos.Add(Deployment.StartSilo());
        if (_api is not { HasExited: false })
            _api = StartApi();
        await Task.WhenAll(_silos.Select(silo => silo.Process.AnswersAsync(silo.Ready)));
        await _api.AnswersAsync(Deployment.ApiReady);
        _silos.ForEach(silo => silo.Process.Forget());
        _api.Forget();
        return ([.. _silos], _api);
    }

    /// <summary>One more silo, for the tests to come as well.</summary>
    internal async Task<SiloProcess> AddSiloAsync()
    {
        var silo = Deployment.StartSilo();
        _silos.Add(silo);
        await silo.Process.AnswersAsync(silo.Ready);
        return silo;
    }

    /// <summary>The API anew, when the one before has ended.</summary>
    internal ServiceProcess StartApi() => _api = Deployment.StartApi(_renewal);

    public async Task InitializeAsync() => _deployment = await Deployment.CreateAsync();

    public async Task DisposeAsync() => await Deployment.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class SharedDeploymentTests : ICollectionFixture<SharedDeployment>
{
    public const string Name = "one deployment";
}
