using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.HostLists;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>What the first node's container, or for srun the node, says of launcher and network, before anything is launched.</summary>
internal sealed partial record LauncherFacts
{
    public required MpiFlavour Flavour { get; init; }

    /// <summary>What starts the ranks: the image's launcher, or srun.</summary>
    public MpiLauncher Launcher { get; init; } = MpiLauncher.Ssh;

    /// <summary>The launcher's path in the container; srun's on the node.</summary>
    public required string Path { get; init; }

    /// <summary>Its version, such as <c>4.1.4</c>; empty when it does not say.</summary>
    public string Version { get; init; } = "";

    /// <summary>The interface towards the other nodes; null on one node, or when it could not be told.</summary>
    public string? Interface { get; init; }

    /// <summary>The network of that interface in CIDR form; null as above.</summary>
    public string? Network { get; init; }

    /// <summary>Whether the container sees an InfiniBand adapter.</summary>
    public bool HasInfiniband { get; init; }

    /// <summary>The CPUs that the container may use on the first node.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Of a heterogeneous job of Slurm's the component of each node; none of any other job.</summary>
    public IReadOnlyDictionary<string, int> Components { get; init; } = new Dictionary<string, int>();

    public int Major => int.TryParse(Version.Split('.')[0], CultureInfo.InvariantCulture, out var major) ? major : 0;

    /// <summary>The launcher in words.</summary>
    public string Name =>
        (Launcher == MpiLauncher.Srun ? "srun " : Flavour == MpiFlavour.OpenMpi ? "Open MPI " : "MPICH ") + Version;

    /// <summary>
    /// What if_include and its like take: the network, which is the same on all nodes, before an interface's name, which may not be.
    /// </summary>
    public string? NetworkOrInterface => Network ?? Interface;

    /// <summary>
    /// The variables by which UCX and libfabric take the network's interface. Without InfiniBand they take any, a container bridge with the
    /// same address on every node included.
    /// </summary>
    public IReadOnlyDictionary<string, string> TransportVariables => Interface is null || HasInfiniband
        ? new Dictionary<string, string>()
        : new Dictionary<string, string> { ["UCX_NET_DEVICES"] = Interface, ["FI_TCP_IFACE"] = Interface };

    /// <summary>Reads the facts from lines of a word and its values.</summary>
    /// <param name="lines">The lines, as <see cref="MpiSupervisor"/> prints them.</param>
    public static LauncherFacts Parse(IEnumerable<string> lines)
    {
        var all = lines.Select(line => line.Split(' ')).ToLookup(words => words[0]);
        var facts = all.ToDictionary(group => group.Key, group => group.First());
        var launcher = facts["launcher"];
        return new LauncherFacts
        {
            Flavour = launcher[1] == "mpich" ? MpiFlavour.Mpich : MpiFlavour.OpenMpi,
            Launcher = launcher[1] == "srun" ? MpiLauncher.Srun : MpiLauncher.Ssh,
            Path = launcher[2],
            Version = VersionNumber().Match(string.Join(' ', launcher.Skip(3))).Value,
            Interface = Value("network", 1),
            Network = Value("network", 2),
            HasInfiniband = facts.ContainsKey("infiniband"),
            Cpus = int.Parse(facts["cpus"][1], CultureInfo.InvariantCulture),
            Components = all["component"]
                .SelectMany(words => HostList.Expand(words[2]), (words, node) => (Node: node, Number: words[1]))
                .ToDictionary(part => part.Node, part => int.Parse(part.Number, CultureInfo.InvariantCulture), StringComparer.Ordinal),
        };

        string? Value(string fact, int index) => facts[fact][index] is "-" or "" ? null : facts[fact][index];
    }

    [GeneratedRegex(@"\d+(\.\d+)+")]
    private static partial Regex VersionNumber();
}
