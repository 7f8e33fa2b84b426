using System.Diagnostics;
using System.Globalization;
using PisaHpc.Access;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Mpi;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Mpi;

/// <summary>
/// Runs on this machine: the supervisor in a real shell, with an mpirun that starts one rank and tags its lines as Open MPI 5 does, or an
/// srun that does so as Slurm's. The login into the container is left out.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class LocalRun : IDisposable
{
    private const string Mpirun = """
        #!/bin/sh
        [ "$1" != --version ] || { echo "mpirun (Open MPI) 5.0.7"; exit; }
        while [ "$1" != sh ]; do shift; done
        trap 'kill -TERM $rank; wait $rank; echo ended >"${0%/*}/term"; exit 143' TERM
        mkfifo "${0%/*}/out" "${0%/*}/err"
        stdbuf -oL sed 's/^/[1,0]<stdout>: /' <"${0%/*}/out" &
        stdbuf -oL sed 's/^/[1,0]<stderr>: /' <"${0%/*}/err" >&2 &
        "$@" >"${0%/*}/out" 2>"${0%/*}/err" &
        rank=$!
        wait $rank
        code=$?
        wait
        exit $code
        """;

    private const string Srun = """
        #!/bin/sh
        case "$*" in
            --version) echo 'slurm-wlm 22.05.8'; exit ;;
            --mpi=list) echo 'none pmi2 pmix'; exit ;;
            *--mpi=none*) while [ "$1" != sh ]; do shift; done; echo "$1" >"${0%/*}/step"; exec "$@" ;;
        esac
        cp "$SLURM_HOSTFILE" "${0%/*}/hosts"
        while [ "$1" != "${0%/*}/pisahpc-run" ]; do shift; done
        mkfifo "${0%/*}/out" "${0%/*}/err"
        stdbuf -oL sed 's/^/ 0: /' <"${0%/*}/out" &
        stdbuf -oL sed 's/^/ 0: /' <"${0%/*}/err" >&2 &
        "$@" >"${0%/*}/out" 2>"${0%/*}/err"
        code=$?
        wait
        [ $code = 0 ] || exit 137
        """;

    /// <summary>The agent's client: what it runs has the node's PATH here, and the variables that came.</summary>
    private const string Client = """
        #!/bin/sh
        case " $* " in *' --cd /no/such '*) echo 'pisahpc-run: the working directory in the container, /no/such: No such file'; exit 78 ;; esac
        while [ "$1" != -- ]; do shift; done
        shift
        exec "$@"
        """;

    private readonly FakeCluster _cluster = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-mpi-");

    /// <param name="shell">What <c>sh</c> is in the container.</param>
    public LocalRun(string shell = "/bin/sh")
    {
        _cluster.OnStart = (_, arguments) => new LocalProcess(Start(
            Launcher == MpiLauncher.Srun ? [.. arguments.Skip(1)] : ["-c", arguments[^1]]));
        Directory.CreateDirectory(Bin);
        Directory.CreateDirectory(Temporary);
        File.CreateSymbolicLink(Path.Combine(Bin, "sh"), shell);
        AddProgram("mpirun", Mpirun);
        AddProgram("srun", Srun);
        AddProgram("squeue", "#!/bin/sh");
        AddProgram("pisahpc-run", Client);
    }

    /// <summary>The container's own variables.</summary>
    public Dictionary<string, string> Container { get; } = [];

    /// <summary>The first directory of the container's PATH.</summary>
    public string Bin => Path.Combine(_directory.FullName, "bin");

    /// <summary>The container's TMPDIR.</summary>
    public string Temporary => Path.Combine(_directory.FullName, "tmp");

    /// <summary>The job's nodes; the first one is this machine.</summary>
    public IReadOnlyList<AllocatedNode> Nodes { get; init; } = [new AllocatedNode("o2wn01", 1)];

    /// <summary>What starts the rank.</summary>
    public MpiLauncher Launcher { get; init; } = MpiLauncher.Ssh;

    /// <summary>Whose ranks srun starts.</summary>
    public MpiFlavour Flavour { get; init; } = MpiFlavour.OpenMpi;

    /// <summary>How many ranks the launcher is asked for; null is one for each slot.</summary>
    public int? Ranks { get; init; }

    /// <summary>The working directory that is asked for.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Whether all of the run's processes share one of this machine's processors.</summary>
    public bool IsOnOneProcessor { get; init; }

    /// <summary>What the ranks wrote, as it came.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Told of warnings.</summary>
    public Action<string> Warn { get; set; } = _ => { };

    /// <summary>The run's patience.</summary>
    public MpiTimeLimits Patience { get; set; } = new();

    /// <summary>Whether the nodes answer logins.</summary>
    public bool Answers
    {
        set => _cluster.OnRun = (_, _, _) => FakeCluster.Result(value ? 0 : 255);
    }

    /// <summary>What follows the output: the processes that read its files, whether they stand still, and how far they are.</summary>
    public IReadOnlyList<(bool IsStopped, long Position)> Followers() =>
        [.. Process.GetProcessesByName("tail").SelectMany(FollowerOf)];

    /// <summary>How many bytes of output the launcher has written to the disk.</summary>
    public long Spooled => new FileInfo(Assert.Single(Directory.EnumerateFiles(Temporary, "out", SearchOption.AllDirectories))).Length;

    /// <summary>Has the output followed with other options, and by looking alone, also where the kernel tells of changes.</summary>
    /// <param name="options">Those in place of the pace.</param>
    /// <param name="starter">What starts it, with its options.</param>
    public void AddFollower(string options, string starter = "") => AddProgram("tail", $"""
        #!/bin/sh
        case "$*" in *" -f "*) shift 2; set -- ---disable-inotify {options} "$@" ;; esac
        exec {starter} /usr/bin/tail "$@"
        """);

    public void AddProgram(string name, string text) => ProgramFile.Write(Path.Combine(Bin, name), text + "\n");

    /// <summary>Runs a script as the only rank.</summary>
    public Task<MpiRunEnd> RunAsync(
        string script,
        Dictionary<string, string> environment,
        Func<IReadOnlyList<MpiOutput>, Task>? output = null,
        CancellationToken stop = default)
    {
        var request = new MpiRequest
        {
            JobId = "7",
            Access = Access,
            Launcher = Launcher,
            Flavour = Launcher == MpiLauncher.Srun ? Flavour : null,
            Ranks = Ranks,
            WorkingDirectory = WorkingDirectory,
            Nodes = Nodes,
            Command = "sh",
            Arguments = ["-c", script],
            Environment = environment,
        };
        var listener = new MpiRunListener(output ?? TakeAsync, _ => { }, warning => Warn(warning));
        return new MpiRun(_cluster) { Patience = Patience }.RunAsync(request, listener, stop);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private IEnumerable<(bool IsStopped, long Position)> FollowerOf(Process process)
    {
        using (process)
        {
            try
            {
                var files = Directory.GetFiles($"/proc/{process.Id}/fd")
                    .Where(file => File.ResolveLinkTarget(file, false)?.FullName.StartsWith(Temporary, StringComparison.Ordinal) == true);
                var isStopped = File.ReadAllText($"/proc/{process.Id}/stat").Contains(") T ", StringComparison.Ordinal);
                return [.. files.Select(file => (isStopped, PositionOf(process, Path.GetFileName(file))))];
            }
            catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
            {
                return []; // It has ended meanwhile.
            }
        }
    }

    private static long PositionOf(Process process, string descriptor) => long.Parse(
        File.ReadLines($"/proc/{process.Id}/fdinfo/{descriptor}").First().Split('\t')[1], CultureInfo.InvariantCulture);

    private Task TakeAsync(IReadOnlyList<MpiOutput> lines)
    {
        lock (Lines)
        {
            Lines.AddRange(lines.Select(line => line.Text));
        }

        return Task.CompletedTask;
    }

    private IContainerAccess Access => Launcher == MpiLauncher.Srun
        ? new AgentAccess(new JobAgent(_directory.FullName, Bin))
        : new SshAccess("/run/pisahpc/7", 22042);

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Bin, "sh"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Bin}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["TMPDIR"] = Temporary;
        foreach (var (name, value) in Container)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        if (IsOnOneProcessor)
        {
            process.ProcessorAffinity = 1;
        }

        return process;
    }
}
