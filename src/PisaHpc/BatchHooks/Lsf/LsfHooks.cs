using System.Text;
using PisaHpc.HostLists;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>What hooks are asked for.</summary>
internal sealed record LsfHookRequest
{
    /// <summary>The site definition.</summary>
    public required HpcSite Site { get; init; }

    /// <summary>How long a start may last.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(80);

    /// <summary>The lsf.conf; null for the one of LSF_ENVDIR, which counts for nothing to root, else /etc/lsf.conf.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Whether the site's own pre- and post-executions may run as root, too.</summary>
    public bool IsForced { get; init; }

    /// <summary>LSF_SERVERDIR; null for what lsf.conf and profile.lsf say.</summary>
    public string? ServerDirectory { get; init; }

    /// <summary>The programs that every node has to have, where this machine has them to bring.</summary>
    public IReadOnlyList<HookFile> Programs { get; init; } = [];
}

/// <summary>The hooks of an LSF, as they stand and as they are to be. It is made by reading and changes nothing.</summary>
internal sealed record LsfHooks
{
    /// <summary>What the batch system is called in the names of files.</summary>
    public const string System = "lsf";

    private static readonly string[] Scripts = ["lsf-hook.sh", "lsf-pre", "lsf-post", "lsf-job"];

    /// <summary>The site definition.</summary>
    public required HpcSite Site { get; init; }

    /// <summary>What its management host says of it.</summary>
    public required LsfController Controller { get; init; }

    /// <summary>The profiles that the site is to have.</summary>
    public required IReadOnlyList<LsfProfile> Profiles { get; init; }

    /// <summary>lsb.applications as it stands.</summary>
    public required TextChange Applications { get; init; }

    /// <summary>The esub as it stands; null for none.</summary>
    public string? EsubText { get; init; }

    /// <summary>What is called as ours in LSF_SERVERDIR, by path: where a link leads to, null for what is none.</summary>
    public required IReadOnlyDictionary<string, string?> EsubLinks { get; init; }

    /// <summary>
    /// The nodes: those that lsf.cluster(5) names, and those of the site definition that it lacks, as hosts do that join by themselves. A
    /// name may have a domain here and none there.
    /// </summary>
    public IReadOnlyList<string> Nodes =>
        [.. Controller.Hosts.Concat(HostList.Expand(Site.Nodes.Names)).DistinctBy(name => name.Split('.')[0], StringComparer.Ordinal)];

    /// <summary>The esub.</summary>
    public HookFile Esub => new(
        $"{Controller.ServerDirectory}/{LsfProfile.Esub}", HookPlace.TextOf($"{System}/{LsfProfile.Esub}"), HookFile.Executable);

    /// <summary>The words that it knows.</summary>
    public HookFile Words => new($"{Controller.ServerDirectory}/pisahpc-environments", LsfProfile.ListOf(Profiles), HookFile.Readable);

    /// <summary>The links by which users ask for an environment.</summary>
    public IReadOnlyList<HookLink> Links =>
    [
        .. from profile in Profiles
           from word in profile.Words
           select new HookLink($"{Controller.ServerDirectory}/esub.{word}", LsfProfile.Esub),
    ];

    /// <summary>The links of ours that stand there.</summary>
    public IEnumerable<string> OwnLinks => EsubLinks.Where(link => link.Value == LsfProfile.Esub).Select(link => link.Key);

    /// <summary>How many jobs LSF has in profiles of ours; null when it does not answer.</summary>
    public int? Jobs => Controller.Profiles?.Where(profile => IsOurs(profile.Key)).Sum(profile => profile.Value);

    /// <summary>Whether LSF still runs with a profile of ours.</summary>
    public bool AreRead => Controller.Profiles?.Keys.Any(IsOurs) == true;

    /// <summary>The files of every node but the programs, in the order in which they are put there.</summary>
    public static IReadOnlyList<HookFile> OfNodes(HpcSite site, TimeSpan deadline) =>
    [
        HookPlace.Settings(System, site, deadline),
        HookPlace.Shared,
        .. Scripts.Select(script => new HookFile(
            $"{HookPlace.Directory}/{script}", HookPlace.TextOf($"{System}/{script}"),
            script.EndsWith(".sh", StringComparison.Ordinal) ? HookFile.Readable : HookFile.Executable)),
    ];

    /// <summary>Reads them.</summary>
    /// <param name="host">A management host.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>, <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public static async Task<LsfHooks> ReadAsync(INodeConnection host, LsfHookRequest request, CancellationToken cancellationToken)
    {
        var controller = await LsfController.ReadAsync(host, request.ConfigurationFile, request.ServerDirectory, cancellationToken);
        var files = new HostFiles(host);
        var esub = await files.ReadAsync($"{controller.ServerDirectory}/{LsfProfile.Esub}", cancellationToken);
        return new LsfHooks
        {
            Site = request.Site,
            Controller = controller,
            Profiles = LsfProfile.Of(request.Site),
            Applications = await files.ReadTextAsync(controller.ApplicationsFile, HookFile.Readable, cancellationToken),
            EsubText = esub is { } standing ? Encoding.UTF8.GetString(standing.Content) : null,
            EsubLinks = await files.LinksAsync($"{controller.ServerDirectory}/{LsfProfile.Esub}-*", cancellationToken),
        };
    }

    /// <summary>lsb.applications with the profiles in it.</summary>
    /// <param name="deadline">How long a start may last.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: it is not understood, has a profile of that name, or ours was changed since.
    /// </exception>
    public TextChange ApplicationsJoined(TimeSpan deadline)
    {
        var path = Applications.Path;
        var site = Applications.Before is { } text ? MarkedBlock.TakenOut(path, text) : null;
        var theirs = LsfApplications.Parse(path, site ?? "");
        foreach (var profile in Profiles)
        {
            if (theirs.Find(profile.Name) is { } section)
            {
                throw LsfApplications.Invalid(path, section.Line, $"the site has an application profile {profile.Name} of its own.");
            }
        }

        string[] lines = [.. Profiles.SelectMany(profile => profile.Section(deadline))];
        return Applications with { After = MarkedBlock.Joined(path, Applications.Before, lines) };
    }

    /// <summary>lsb.applications without the profiles; no file where there was none.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>: they were changed since.</exception>
    public TextChange ApplicationsLeft() => Applications with
    {
        After = Applications.Before is { } text ? MarkedBlock.TakenOut(Applications.Path, text) : null,
    };

    /// <summary>Makes sure that nothing of the site's is called as ours in LSF_SERVERDIR.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>.</exception>
    public void RequireOwnNames()
    {
        if (EsubText is not null && !EsubText.Contains("for PisaHpc", StringComparison.Ordinal))
        {
            throw Theirs(Esub.Path);
        }

        if (Links.FirstOrDefault(link => EsubLinks.TryGetValue(link.Path, out var target) && target != link.Target) is { } taken)
        {
            throw Theirs(taken.Path);
        }
    }

    private bool IsOurs(string profile) =>
        Profiles.Any(ours => ours.Name == profile)
        || MarkedBlock.LinesIn(Applications.Before ?? "")?.Contains($"NAME = {profile}") == true;

    private HpcException Theirs(string path) => new(
        ErrorId.BatchConfigurationInvalid, $"{path} on {Controller.Host} is the site's own, and stays.", path,
        "Call it otherwise, or the environment.");
}
