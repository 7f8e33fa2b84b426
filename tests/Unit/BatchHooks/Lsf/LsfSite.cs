using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.Lsf;
using PisaHpc.Sites;

namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>A site with an LSF, as texts.</summary>
internal static class LsfSite
{
    public const string ApplicationsFile = "/lsf/conf/lsbatch/c1/configdir/lsb.applications";

    public static HpcSite Site { get; } = new()
    {
        Path = "/etc/pisahpc/site.yaml",
        Environments = new Dictionary<string, EnvironmentLayer>
        {
            ["cs7"] = EnvironmentLayer.Empty with { Aliases = [Setting.Of("docker-old")] },
            ["docker-tiny"] = EnvironmentLayer.Empty,
            ["deb12.1"] = EnvironmentLayer.Empty,
        },
    };

    /// <summary>An LSF of which lsb.applications says this, with everything else as it should be.</summary>
    public static LsfHooks Hooks(string? applications, IReadOnlyDictionary<string, int>? profiles = null) => new()
    {
        Site = Site,
        Controller = new LsfController
        {
            Host = "head",
            Cluster = "c1",
            ServerDirectory = "/lsf/etc",
            ApplicationsFile = ApplicationsFile,
            Profiles = profiles,
            Refusal = profiles is null ? "mbatchd is down" : null,
        },
        Profiles = LsfProfile.Of(Site),
        Applications = new TextChange(ApplicationsFile, applications, applications),
        EsubLinks = LsfProfile.Of(Site).SelectMany(profile => profile.Words)
            .ToDictionary(word => $"/lsf/etc/esub.{word}", _ => (string?)"esub.docker"),
    };

    /// <summary>lsb.applications with the profiles in it.</summary>
    public static string Joined(string? applications = null, int deadline = 80) =>
        Hooks(applications).ApplicationsJoined(TimeSpan.FromSeconds(deadline)).After!;
}
