using System.Text.RegularExpressions;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.House;

/// <summary>
/// What is an engine's own is said in its folders alone, so that another engine is another folder. Comments may say where a fact is from.
/// </summary>
public sealed partial class EngineTests
{
    /// <summary>The words that are said elsewhere all the same, each with the reason.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["PisaHpc/Engines/KnownEngines.cs: docker"] = "lists the kinds of engines",
        ["PisaHpc.Adapters/NodeConnectors.cs: docker"] = "chooses the adapter of a kind",
        ["PisaHpc/Access/Login/LoginAccess.cs: docker"] = "tells an image's init what every such container is told (systemd, Container Interface)",
        ["PisaHpc/Engines/ImageReference.cs: docker"] = "docker.io is a registry, whose name every engine knows",
        ["PisaHpc/Engines/EngineDetails.cs: swarm"] = "is what an engine tells, and its own folder alone asks for",
        ["PisaHpc/Images/Import/ChangeInstructions.cs: docker"] = "takes the instructions of a Dockerfile, which are Podman's too",
        ["PisaHpc/BatchHooks/Slurm/SlurmHooks.cs: docker"] = "knows the word docker-NAME by which users ask for an environment",
        ["PisaHpc/Jobs/RequestedEnvironment.cs: docker"] = "reads the word docker-NAME by which users ask for an environment",
        ["PisaHpc/BatchHooks/Lsf/LsfProfile.cs: docker"] = "knows the word docker-NAME, and the esub that checks it",
        ["PisaHpc/Sites/SiteAudit.cs: containerd"] = "is the daemon below every engine's kind, and nodes have it without one",
        ["PisaHpc/Preflight/Checks/UsersCheck.cs: systemctl"] = "speaks of the node's name service",
    };

    [Fact]
    public void What_is_an_engines_own_is_said_in_its_folders_alone()
    {
        var said = from file in Rooms.SourcesOf("PisaHpc", "PisaHpc.Adapters", "PisaHpc.Module", "PisaHpc.Host", "PisaHpc.Hook")
                       .Concat(from room in (string[])["PisaHpc", "PisaHpc.Adapters"] from script in Rooms.Scripts(room) select $"{room}/{script}")
                   where !file.Contains("/Engines/Docker/", StringComparison.Ordinal)
                   from line in File.ReadLines(Checkout.PathOf("src", file))
                   where !Comment().IsMatch(line)
                   from word in Words().Matches(line)
                   select $"{file}: {word.Value.ToLowerInvariant()}";
        Assert.Equal(Elsewhere.Keys.Order(StringComparer.Ordinal), said.Distinct().Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(
        "docker|moby|containerd|daemon[.]json|dial-stdio|certs[.]d|live-restore|swarm|insecure-registr|data-root|systemctl|journalctl",
        RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    [GeneratedRegex("^ *(//|#)")]
    private static partial Regex Comment();
}
