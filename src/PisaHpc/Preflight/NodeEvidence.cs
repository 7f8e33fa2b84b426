using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Sites;

namespace PisaHpc.Preflight;

/// <summary>Everything that the checks of one node judge.</summary>
internal sealed record NodeEvidence
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>What the node should be fit for.</summary>
    public required PreflightRequest Request { get; init; }

    /// <summary>What the node says of itself.</summary>
    public required PreflightFacts Facts { get; init; }

    /// <summary>The versions of the engine; null when it does not answer.</summary>
    public EngineInfo? Engine { get; init; }

    /// <summary>What the engine says of itself; null when it does not answer.</summary>
    public EngineDetails? Details { get; init; }

    /// <summary>Why the engine does not answer; null when it does.</summary>
    public HpcException? EngineFailure { get; init; }

    /// <summary>What next steps call the parts of the engine.</summary>
    public EngineTerms EngineTerms => Request.Site.Nodes.EngineAdministration.Terms;

    /// <summary>The paths that were asked for.</summary>
    public PathAnswers Paths { get; init; } = PathAnswers.None;

    /// <summary>What containers got, for each combination of limits that an environment asks for.</summary>
    public IReadOnlyList<ContainerProbe> Containers { get; init; } = [];

    /// <summary>What the registries said of each image.</summary>
    public IReadOnlyList<RegistryAnswer> Registries { get; init; } = [];
}

/// <summary>What a node should be fit for.</summary>
internal sealed record PreflightRequest
{
    private readonly Lazy<int> _siteNodes = new(0);

    /// <summary>The site.</summary>
    public required HpcSite Site
    {
        get;
        init
        {
            field = value;
            _siteNodes = new Lazy<int>(() => HostList.Expand(value.Nodes.Names).Count);
        }
    }

    /// <summary>How many nodes the site has; counted once, and not for each of them.</summary>
    public int SiteNodes => _siteNodes.Value;

    /// <summary>The environments whose jobs it should run.</summary>
    public required IReadOnlyList<HpcEnvironment> Environments { get; init; }

    /// <summary>The users who have to be the same there as here; null where this machine does not know one either.</summary>
    public IReadOnlyDictionary<string, JobOwner?> Users { get; init; } = new Dictionary<string, JobOwner?>();

    /// <summary>The checks to make.</summary>
    public IReadOnlyList<INodeCheck> Checks { get; init; } = NodeChecks.All;
}

/// <summary>What a registry said to the node's engine of one image.</summary>
/// <param name="Image">The image's reference.</param>
/// <param name="Failure">Why there was no digest; null when there was one.</param>
internal sealed record RegistryAnswer(string Image, HpcException? Failure);

/// <summary>What a container got.</summary>
/// <param name="Environments">The environments that ask for these limits.</param>
/// <param name="MemlockBytes">What they ask for: -1 is unlimited, null leaves the engine's.</param>
/// <param name="OpenFiles">What they ask for; null leaves the engine's.</param>
/// <param name="ShmBytes">What they ask for; null leaves the engine's.</param>
internal sealed record ContainerProbe(IReadOnlyList<string> Environments, long? MemlockBytes, OpenFilesLimit? OpenFiles, long? ShmBytes)
{
    /// <summary>The limits that were seen inside.</summary>
    public EffectiveLimits? Seen { get; init; }

    /// <summary>The refusal of the limit on open files; what was seen inside is without it then. Null when it was not refused.</summary>
    public HpcException? OpenFilesRefusal { get; init; }

    /// <summary>Why there was no container to look in: no image, or the engine refused it.</summary>
    public HpcException? Failure { get; init; }

    /// <summary>The environments in words.</summary>
    public string Names => string.Join(", ", Environments);
}
