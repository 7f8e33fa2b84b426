using System.Globalization;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>What an engine tells of itself, in the domain's terms.</summary>
internal static class EngineRecords
{
    /// <summary>The engine from its system information.</summary>
    public static EngineDetails Of(SystemInfoResponse answer) => new()
    {
        Images = (int)answer.Images,
        RunningContainers = (int)answer.ContainersRunning,
        StorageDriver = answer.Driver ?? "",
        SupportsDType = StatusOf(answer, "Supports d_type") is { } told ? told == "true" : null,
        RootDirectory = answer.DockerRootDir ?? "",
        CgroupVersion = int.TryParse(answer.CgroupVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : null,
        CgroupDriver = answer.CgroupDriver ?? "",
        LoggingDriver = answer.LoggingDriver ?? "",
        LiveRestore = answer.LiveRestoreEnabled,
        IsInSwarm = answer.Swarm?.LocalNodeState is not (null or "" or "inactive"),
        LimitsMemory = answer.MemoryLimit,
        LimitsCpu = answer.CPUCfsQuota,
        LimitsPids = answer.PidsLimit,
        Now = DateTimeOffset.TryParse(answer.SystemTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var now)
            ? now
            : null,
        Labels = [.. answer.Labels ?? []],
        InsecureRegistries = InsecureOf(answer.RegistryConfig),
    };

    private static string? StatusOf(SystemInfoResponse answer, string name) =>
        answer.DriverStatus?.FirstOrDefault(pair => pair is [var key, _] && key == name)?[1];

    private static HashSet<string> InsecureOf(ServiceConfig? registries) =>
    [
        .. (registries?.IndexConfigs ?? new Dictionary<string, IndexInfo>()).Where(index => !index.Value.Secure).Select(index => index.Key),
        .. registries?.InsecureRegistryCIDRs?.Select(network => network.ToString()) ?? [],
    ];
}
