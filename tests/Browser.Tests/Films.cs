namespace ContinueWatching.Browser.Tests;

/// <summary>The films of the page, by the ids of its catalogue.</summary>
internal static class Films
{
    public const string NightTrain = "0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11";
    public const string LowTide = "8a4de1c2-90b7-4a35-b1f6-2c7e5d90a302";
    public const string TheLongField = "3c6e2b7a-11d4-4e0b-8d7c-5f1a9b3e6403";
    public const string FirstEpisode = "5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d01";
    public const string SecondEpisode = "5d0c1f0e-2a61-4c1b-8a53-1f6f5b0e7d02";
}
