using System.Globalization;
using PisaHpc.HostLists;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>Says of a run whose ranks do not start what its launcher does meanwhile, and for which node it waits.</summary>
/// <param name="request">What is run.</param>
/// <param name="started">How many ranks have started.</param>
/// <param name="ranks">How many there are to be.</param>
/// <param name="missing">The nodes of those that have not.</param>
/// <param name="elapsed">For how long the run has been going.</param>
internal sealed class StalledStart(
    MpiRequest request, LauncherFacts facts, int started, int ranks, IReadOnlyList<string> missing, TimeSpan elapsed)
{
    // Open MPI 4 closes every possible descriptor in each process that it starts: ten millions take two to four seconds.
    private const long ManyFiles = 4_000_000;
    private const int MostNamed = 3;

    private string First => request.Nodes[0].Name;

    /// <summary>The nodes without their ranks to which an ssh of the run stands.</summary>
    /// <param name="look">What the run's processes do.</param>
    public IReadOnlyList<string> NodesOf(RunSnapshot look)
    {
        var names = missing.ToHashSet(StringComparer.Ordinal);
        return
        [
            .. look.Processes.Where(process => process.IsSsh)
                .Select(process => process.Arguments.FirstOrDefault(names.Contains)).OfType<string>().Distinct(),
        ];
    }

    /// <summary>The warning.</summary>
    /// <param name="look">What the run's processes do; null when that is not known.</param>
    /// <param name="deaf">Those nodes to which an ssh stands that do not answer another login.</param>
    public string Describe(RunSnapshot? look, IReadOnlyCollection<string> deaf)
    {
        var count = started == 0 ? "no rank" : string.Create(CultureInfo.InvariantCulture, $"only {started} of {Plural.Of(ranks, "rank")}");
        var head = string.Create(
            CultureInfo.InvariantCulture, $"Job {request.JobId}: {count} started within {elapsed.TotalSeconds:0} s.");
        return look is null
            ? $"{head} What {facts.Name} on {First} does meanwhile is not known: its container does not say."
            : string.Join(' ', [head, .. Parts(look, deaf)]);
    }

    private IEnumerable<string> Parts(RunSnapshot look, IReadOnlyCollection<string> deaf)
    {
        var own = look.Processes.Where(process => IsOfLauncher(process, look)).ToArray();
        var busy = own.Where(process => process.IsBusy(elapsed)).ToArray();
        foreach (var process in busy.Take(MostNamed))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Name(process, look)} on {First} is busy: it has used {process.Processor.TotalSeconds:0.#} s of processor time.");
        }

        if (busy.Length > 0 && facts.Flavour == MpiFlavour.OpenMpi && look.OpenFiles is > ManyFiles and var files)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Its limit of open files is {files}, and Open MPI may close that ")
                + "many descriptors, one by one, in each process that it starts: set openFiles under limits in the site definition (65536 "
                + "is many), and start the job again.";
        }

        foreach (var process in own.Where(process => process.State is 'D' or 'T').Take(MostNamed))
        {
            yield return $"{Name(process, look)} on {First} {(process.State == 'T' ? "is stopped" : "waits for a disk or a file system")}.";
        }

        if (Wait(look, deaf, busy.Length > 0) is { } wait)
        {
            yield return wait;
        }
    }

    private string? Wait(RunSnapshot look, IReadOnlyCollection<string> deaf, bool isBusy)
    {
        var nodes = NodesOf(look);
        if (nodes.Count > 0)
        {
            return $"{facts.Name} on {First} waits for {HostList.Fold(nodes)}: its ssh to there stands, and "
                + (deaf.Count > 0
                    ? $"{HostList.Fold(nodes.Where(deaf.Contains))} did not answer another login."
                    : "another login is answered: it is what was started there that hangs.");
        }

        if (started == 0 && look.Processes.Count(process => process.IsRank) is var running and > 0)
        {
            return $"On {First} {Plural.Of(running, "rank")} {(running == 1 ? "runs" : "run")} all the same: "
                + "it is the output that does not arrive.";
        }

        return isBusy || look.Processes.FirstOrDefault(process => process.Id == look.Launcher) is not { } launcher
            ? null
            : $"{Name(launcher, look)} on {First} waits"
                + (request.Nodes.Count > 1 && facts.Launcher == MpiLauncher.Ssh
                    ? $", and none of its ssh to other nodes stands: what they started has not answered{By()}."
                    : ".");
    }

    private string By() => facts.NetworkOrInterface is { } network ? $" over {network}" : "";

    // The launcher may be a script: its shell's name says nothing.
    private string Name(RunProcess process, RunSnapshot look) =>
        process.Id == look.Launcher ? $"{facts.Path} (process {process.Id})" : process.ToString();

    // Ranks that have started may be as busy as they like.
    private bool IsOfLauncher(RunProcess process, RunSnapshot look) =>
        process.Id == look.Launcher || process.IsSsh || (started == 0 && !process.IsRank);
}
