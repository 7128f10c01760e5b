using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace ContinueWatching.Silo;

/// <summary>
/// Refuses an address that only this machine knows, where others are to find the silo under it. They would read it in the database, call
/// themselves or nobody, and only warn.
/// </summary>
internal sealed class AddressForOthers(IOptions<SiloSettings> settings, IHostEnvironment environment) : IValidateOptions<EndpointOptions>
{
    public ValidateOptionsResult Validate(string? name, EndpointOptions options)
    {
        var address = options.AdvertisedIPAddress;
        var isFine = settings.Value.AllowLoopback || environment.IsDevelopment() || address is null || !IsOfThisMachineOnly(address);
        return isFine ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(
            $"{SiloSettings.Section}:{nameof(SiloSettings.AdvertisedAddress)} is {address}, under which no other machine finds this silo. Set one "
            + $"that the other silos and the APIs reach, or, where all of them run on this machine, {SiloSettings.Section}:"
            + $"{nameof(SiloSettings.AllowLoopback)}=true.");
    }

    private static bool IsOfThisMachineOnly(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return IPAddress.IsLoopback(plain) || plain.IsIPv6LinkLocal || plain.GetAddressBytes() is [169, 254, _, _];
    }
}
