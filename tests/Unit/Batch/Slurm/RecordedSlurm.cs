using PisaHpc.Batch;
using PisaHpc.Batch.Slurm;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>
/// A host whose squeue and scontrol give what Slurm's own gave, and whose name service knows hpcuser alone: the module's script runs in a
/// real sh. The records of 22.05 in Samples are those of a real Slurm; where the later ones are from says <see cref="SlurmVersionTests"/>.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class RecordedSlurm : INodeConnection, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-slurm").FullName;
    private readonly LocalShell _shell = new("login1");
    private readonly List<string> _rows = [];
    private Action<RecordedSlurm>? _then;

    public RecordedSlurm()
    {
        Program("squeue", """
            for word; do case $word in --jobs=*) job=${word#*=} ;; --format=*) format=${word#*=} ;; esac; done
            [ -z "$SQUEUE_USERS$SQUEUE_PARTITION$SLURM_CLUSTERS" ] || { echo "others are hidden" >&2; exit 1; }
            [ -z "$SLURM_CONF" ] || [ "$format" != '%A %i %T %e %N' ] || { echo "another cluster" >&2; exit 1; }
            [ ! -e "$0.refusal" ] || { cat "$0.refusal" >&2; exit 1; }
            case $format in
            %j) cat "$0.name.$job" ;;
            *'|%A|%P|%u|%k') sed "s/MARK/${format%%|*}/" "$0.submissions" ;;
            '%A %i %T %e %N') [ ! -e "$0.words" ] || cat "$0.words" >&2; cat "$0.queue" ;;
            *) cat "$0.rows" ;;
            esac
            """);
        Program("scontrol", """
            if [ "$1" = update ]; then shift; printf '%s\n' "$@" >"$0.updated"; [ ! -e "$0.denial" ] || { cat "$0.denial" >&2; exit 1; }
            else cat "$0.${4:-$2}"
            fi
            """);
        Program("sinfo", """
            [ "$*" = '--noheader --Node --all --local --format=%N|%T|%H|%E' ] && [ -z "$SINFO_PARTITION" ] || { echo "asked $*" >&2; exit 1; }
            [ "$SLURM_TIME_FORMAT" = %s ] && cat "$0.rows"
            """);
        Program("getent", """[ "$2" = 4001 ] && echo hpcuser:x:4001:4001::/home/hpcuser:/bin/bash""");
        Program("id", """case $1 in -u) echo "${ASKING_UID:-0}" ;; -un) echo hpcuser ;; *) echo 4001 5001 5002 ;; esac""");
        Program("date", $"echo {Now}");
        Configured("");
        foreach (var tool in (string[])["sh", "cat", "grep", "base64", "timeout", "tr", "sed"])
        {
            File.CreateSymbolicLink(Path.Combine(_directory, tool), $"/usr/bin/{tool}");
        }
    }

    /// <summary>What Slurm calls its cluster.</summary>
    public const string Cluster = "lab";

    /// <summary>What its clock says, in seconds since 1970.</summary>
    public const long Now = 1795906300;

    public string Node => _shell.Node;

    public SlurmClient Client => new(this);

    /// <summary>Variables of the login's.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>How often it was asked.</summary>
    public int Questions { get; private set; }

    /// <summary>Text of a record.</summary>
    public static string Sample(string name) =>
        File.ReadAllText(Checkout.PathOf("tests", "Unit", "Batch", "Slurm", "Samples", $"{name}.txt"));

    /// <summary>Has it know a job by the row that squeue gives, its name and its record.</summary>
    /// <param name="row">Raw id, uid, gid, array's id, array's element, nodes.</param>
    /// <param name="asked">What it is asked for as.</param>
    public RecordedSlurm With(string row, string name, string record, string? asked = null)
    {
        _rows.Add(row);
        asked ??= row.Split(' ')[0];
        File.WriteAllLines(Path.Combine(_directory, "squeue.rows"), _rows);
        File.WriteAllText(Path.Combine(_directory, $"squeue.name.{asked}"), name + "\n");
        File.WriteAllText(Path.Combine(_directory, $"scontrol.{asked}"), record);
        return this;
    }

    /// <summary>Has squeue list all jobs: raw id, id as it is shown, state, end, nodes.</summary>
    public RecordedSlurm Listing(string rows)
    {
        File.WriteAllText(Path.Combine(_directory, "squeue.queue"), rows);
        return this;
    }

    /// <summary>Has squeue tell of jobs that run: raw id, partition, owner, comment by bars, and where each begins <c>MARK</c>.</summary>
    public RecordedSlurm Submitted(string text)
    {
        File.WriteAllText(Path.Combine(_directory, "squeue.submissions"), text);
        return this;
    }

    /// <summary>Has sinfo list nodes: name, state, when its reason was given, and the reason, by bars.</summary>
    public RecordedSlurm WithNodes(string rows)
    {
        File.WriteAllText(Path.Combine(_directory, "sinfo.rows"), rows);
        return this;
    }

    /// <summary>Has scontrol change nothing.</summary>
    public RecordedSlurm Denying(string words)
    {
        File.WriteAllText(Path.Combine(_directory, "scontrol.denial"), words);
        return this;
    }

    /// <summary>What scontrol was to change, an argument a line; null for nothing.</summary>
    public string? Updated => Path.Combine(_directory, "scontrol.updated") is var path && File.Exists(path) ? File.ReadAllText(path) : null;

    /// <summary>Has it be asked by a user who is not root, where the configuration says whose jobs he sees.</summary>
    public RecordedSlurm AskedByUser(string configuration)
    {
        Variables["ASKING_UID"] = "4001";
        return Configured(configuration);
    }

    /// <summary>Has it keep accounts, of which sacct tells raw id, state and exit code.</summary>
    public RecordedSlurm Accounting(string rows)
    {
        Program("sacct", "cat \"$0.rows\"");
        File.WriteAllText(Path.Combine(_directory, "sacct.rows"), rows);
        return Configured("AccountingStorageType   = accounting_storage/slurmdbd\n");
    }

    /// <summary>Has squeue say something beside its answer.</summary>
    public RecordedSlurm Saying(string words)
    {
        File.WriteAllText(Path.Combine(_directory, "squeue.words"), words);
        return this;
    }

    private RecordedSlurm Configured(string configuration)
    {
        File.WriteAllText(Path.Combine(_directory, "scontrol.config"), $"ClusterName             = {Cluster}\n{configuration}");
        return this;
    }

    /// <summary>Has it answer otherwise from the second question on: squeue gives the rows of what was asked for.</summary>
    public RecordedSlurm ThenAfterOneQuestion(Action<RecordedSlurm> then)
    {
        _then = then;
        return this;
    }

    /// <summary>Has squeue fail with words.</summary>
    public RecordedSlurm Refusing(string words)
    {
        File.WriteAllText(Path.Combine(_directory, "squeue.refusal"), words);
        return this;
    }

    /// <summary>Takes a program away.</summary>
    public RecordedSlurm Without(string program)
    {
        File.Delete(Path.Combine(_directory, program));
        return this;
    }

    public Task<HpcAllocation> AskAsync(string jobId, JobOwner? owner = null) =>
        Client.GetAllocationAsync(jobId, owner, CancellationToken.None);

    public Task<NodeCommandResult> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        if (Questions++ == 1)
        {
            _rows.Clear();
            _then?.Invoke(this);
        }

        var variables = Variables.Select(variable => $"{variable.Key}={variable.Value}");
        return _shell.RunAsync(["env", .. variables, $"PATH={_directory}", .. arguments], input, cancellationToken);
    }

    public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Program(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, "#!/bin/sh\n" + text + "\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
