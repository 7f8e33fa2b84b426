using PisaHpc.Batch;
using PisaHpc.Batch.HTCondor;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Batch.HTCondor;

/// <summary>
/// A host whose condor_q and condor_history give what a test says, in the form of HTCondor's own writer (compat_classad.cpp,
/// CondorClassAdListWriter; jsonSink.cpp), and whose name service knows hpcuser alone: the module's script runs in a real sh.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class RecordedHTCondor : INodeConnection, IDisposable
{
    /// <summary>The scheduler whose name has an @.</summary>
    public const string First = "sched01@lab";

    /// <summary>Another one.</summary>
    public const string Second = "sched02.lab";

    /// <summary>What the host's clock says: 2026-11-29T18:40:30Z.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 29, 18, 40, 30, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-htcondor").FullName;
    private readonly LocalShell _shell = new("ap1");

    public RecordedHTCondor()
    {
        // What is not of these options is no question of ours, and what a caller's environment says is nothing to root.
        Program("condor_q", """
            [ "$1 $3 $4 $5" = '-name -allusers -json -attributes' ] || { echo "asked $*" >&2; exit 1; }
            [ -z "${_CONDOR_COLLECTOR_HOST-}${CONDOR_CONFIG-}" ] || { echo "by $CONDOR_CONFIG $_CONDOR_COLLECTOR_HOST" >&2; exit 1; }
            echo "$2 ${7-}" >>"$0.asked"
            cat "$0.$2.words" >&2
            cat "$0.$2.json"
            exit "$(cat "$0.$2.code")"
            """);
        Program("condor_history", """
            [ "$1 $3 $4 $6" = '-name -json -attributes -match' ] || { echo "asked $*" >&2; exit 1; }
            cat "$0.$2.json"
            """);
        Program("getent", """[ "$2" = hpcuser ] && echo hpcuser:x:4001:4001::/home/hpcuser:/bin/bash""");
        Program("id", """case $1 in -u) echo "${ASKING_UID:-0}" ;; *) echo 4001 5001 5002 ;; esac""");
        Program("date", $"echo {Now.ToUnixTimeSeconds()}");
        foreach (var tool in (string[])["sh", "cat", "base64", "tr", "sed", "env"])
        {
            File.CreateSymbolicLink(Path.Combine(_directory, tool), $"/usr/bin/{tool}");
        }

        foreach (var scheduler in (string[])[First, Second])
        {
            Listing(scheduler).Saying("", scheduler).Ending(0, scheduler).Remembering(scheduler);
        }
    }

    public string Node => _shell.Node;

    public HTCondorClient Client => new(this, Schedulers);

    /// <summary>The schedulers that the site names.</summary>
    public string[] Schedulers { get; set; } = [First, Second];

    /// <summary>Variables of the login's.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>What condor_q was asked for: a scheduler and a job, or nothing, in each line.</summary>
    public string[] Asked => File.Exists(Of("condor_q.asked")) ? File.ReadAllLines(Of("condor_q.asked")) : [];

    /// <summary>How often the host was asked.</summary>
    public int Questions { get; private set; }

    /// <summary>A job of hpcuser's that runs, as JSON has its attributes.</summary>
    /// <param name="change">What it has otherwise: a name and its JSON; an empty one for nothing.</param>
    public static string Job(int cluster = 4711, int process = 5, params (string Name, string Json)[] change)
    {
        var attributes = new OrderedDictionary<string, string>
        {
            ["ClusterId"] = $"{cluster}",
            ["CpusProvisioned"] = "8",
            ["EnteredCurrentStatus"] = "1795975860",
            ["JobCurrentStartDate"] = "1795975860",
            ["JobStatus"] = "2",
            ["JobUniverse"] = "5",
            ["MemoryProvisioned"] = "2048",
            ["MyType"] = "\"Job\"",
            ["Owner"] = "\"hpcuser\"",
            ["PisaHpcEnvironment"] = "\"deb12\"",
            ["ProcId"] = $"{process}",
            ["QDate"] = "1795975800",
            ["RemoteHost"] = "\"slot1_1@o2wn02.pisa.it\"",
            ["RequestCpus"] = "4",
        };
        foreach (var (name, json) in change)
        {
            attributes[name] = json;
        }

        return "{\n" + string.Join(",\n", attributes.Where(one => one.Value.Length > 0).Select(one => $"  \"{one.Key}\": {one.Value}")) + "\n}";
    }

    /// <summary>Has a scheduler's queue have jobs.</summary>
    public RecordedHTCondor Listing(string scheduler, params string[] jobs) => SayingJson(ListOf(jobs), scheduler);

    /// <summary>Has the first scheduler's queue have jobs.</summary>
    public RecordedHTCondor Having(params string[] jobs) => Listing(First, jobs);

    /// <summary>Has a scheduler's history have jobs.</summary>
    public RecordedHTCondor Remembering(string scheduler, params string[] jobs) => Write($"condor_history.{scheduler}.json", ListOf(jobs));

    /// <summary>Has condor_q write this.</summary>
    public RecordedHTCondor SayingJson(string text, string scheduler = First) => Write($"condor_q.{scheduler}.json", text);

    /// <summary>Has condor_q say something beside.</summary>
    public RecordedHTCondor Saying(string words, string scheduler = First) => Write($"condor_q.{scheduler}.words", words);

    /// <summary>Has condor_q end with a code.</summary>
    public RecordedHTCondor Ending(int code, string scheduler = First) => Write($"condor_q.{scheduler}.code", $"{code}\n");

    /// <summary>Takes a program away.</summary>
    public RecordedHTCondor Without(string program)
    {
        File.Delete(Of(program));
        return this;
    }

    public Task<HpcAllocation> AskAsync(string jobId, JobOwner? owner = null) =>
        Client.GetAllocationAsync(jobId, owner, CancellationToken.None);

    public Task<JobCensus> ListAsync() => Client.ListJobsAsync(CancellationToken.None);

    public Task<NodeCommandResult> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        Questions++;
        var variables = Variables.Select(variable => $"{variable.Key}={variable.Value}");
        return _shell.RunAsync(["env", .. variables, $"PATH={_directory}", .. arguments], input, cancellationToken);
    }

    public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>The writer begins a list with its first job: of none it writes nothing.</summary>
    private static string ListOf(string[] jobs) => jobs.Length == 0 ? "" : "[\n" + string.Join("\n,\n", jobs) + "\n]\n";

    private string Of(string name) => Path.Combine(_directory, name);

    private RecordedHTCondor Write(string name, string text)
    {
        File.WriteAllText(Of(name), text);
        return this;
    }

    private void Program(string name, string text)
    {
        File.WriteAllText(Of(name), "#!/bin/sh\n" + text + "\n");
        File.SetUnixFileMode(Of(name), (UnixFileMode)0b111_101_101);
    }
}
