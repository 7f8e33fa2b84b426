using PisaHpc.Batch;
using PisaHpc.Batch.Lsf;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>
/// A host whose bjobs gives the lines that a test says, in the form of IBM Spectrum LSF 10.1's documentation (bjobs -o), and whose name
/// service knows hpcuser alone: the module's script runs in a real sh.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class RecordedLsf : INodeConnection, IDisposable
{
    /// <summary>What LSF calls its cluster.</summary>
    public const string Cluster = "lab";

    /// <summary>What its clock says: 2026-11-29T18:40:30Z.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 29, 18, 40, 30, TimeSpan.Zero);

    /// <summary>A job that runs.</summary>
    public const string Running =
        "4711|0|RUN|hpcuser|normal|docker-deb12|32*o2wn01:24*o2wn02|Nov 29 18:10|Nov 29 18:11|Nov 29 20:11 L|-|-";

    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-lsf").FullName;
    private readonly LocalShell _shell = new("login1");

    public RecordedLsf()
    {
        // What is not of these options is no question of ours.
        Program("bjobs", """
            fields='jobid jobindex stat user queue app exec_host submit_time start_time finish_time exit_code exit_reason'
            [ "$1 $2 $3 $4 $5 $6" = '-u all -a -X -noheader -o' ] && [ "$7" = "$fields delimiter='|'" ] || { echo "asked $*" >&2; exit 1; }
            [ -z "${LSF_SERVERDIR-}${EGO_TOP-}" ] || { echo "by $LSF_SERVERDIR$EGO_TOP" >&2; exit 1; }
            [ "$TZ" = UTC0 ] || { echo "in the zone $TZ" >&2; exit 1; }
            [ -z "$8" ] || printf '%s\n' "$8" >"$0.asked"
            cat "$0.words" >&2
            cat "$0.rows"
            exit "$(cat "$0.code")"
            """);
        Program("lsid", $"""
            printf 'IBM Spectrum LSF Standard 10.1.0.14\nCopyright International Business Machines Corp. 1992, 2016.\n\n'
            printf 'My cluster name is {Cluster}\nMy master name is login1\n'
            """);
        Program("bparams", """cat "$0.text" """);
        Program("lsclusters", $"""
            printf 'CLUSTER_NAME   STATUS   MASTER_HOST   ADMIN    HOSTS  SERVERS\n'
            printf '{Cluster}            ok       login1        lsfadmin     2        2\n'
            """);
        Program("getent", """[ "$2" = hpcuser ] && echo hpcuser:x:4001:4001::/home/hpcuser:/bin/bash""");
        Program("id", """case $1 in -un) echo "${ASKING:-root}" ;; -u) echo "${ASKING_UID:-0}" ;; *) echo 4001 5001 5002 ;; esac""");
        Program("date", $"echo {Now.ToUnixTimeSeconds()}");
        foreach (var tool in (string[])["sh", "cat", "grep", "base64", "tr", "sed", "awk", "env", "find", "readlink"])
        {
            File.CreateSymbolicLink(Path.Combine(_directory, tool), $"/usr/bin/{tool}");
        }

        Listing().Ending(0).Configured("");
    }

    public string Node => _shell.Node;

    public LsfClient Client => new(this, SiteCluster, Profile);

    /// <summary>What the site definition calls the cluster.</summary>
    public string? SiteCluster { get; set; }

    /// <summary>The profile.lsf that the site definition names.</summary>
    public string? Profile { get; set; }

    /// <summary>Variables of the login's.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>How often it was asked.</summary>
    public int Questions { get; private set; }

    /// <summary>The job that bjobs was asked for.</summary>
    public string Asked => File.ReadAllText(Path.Combine(_directory, "bjobs.asked")).Trim();

    /// <summary>Has bjobs list jobs.</summary>
    public RecordedLsf Listing(params string[] rows) => Write("bjobs.rows", string.Concat(rows.Select(row => row + "\n"))).Saying("");

    /// <summary>Has bjobs say something beside its answer.</summary>
    public RecordedLsf Saying(string words) => Write("bjobs.words", words);

    /// <summary>Has bjobs end with a code.</summary>
    public RecordedLsf Ending(int code) => Write("bjobs.code", $"{code}\n");

    /// <summary>Has lsb.params say something.</summary>
    public RecordedLsf Configured(string line) => SayingOfParameters($"    MBD_SLEEP_TIME = 10 (seconds)\n{line}");

    /// <summary>Has bparams say nothing else than this.</summary>
    public RecordedLsf SayingOfParameters(string text) => Write("bparams.text", text);

    /// <summary>Has a program fail with words.</summary>
    public RecordedLsf Refusing(string program, string words)
    {
        Program(program, $"echo '{words}' >&2; exit 255");
        return this;
    }

    /// <summary>Takes a program away.</summary>
    public RecordedLsf Without(string program)
    {
        File.Delete(Path.Combine(_directory, program));
        return this;
    }

    /// <summary>Puts LSF's programs where a profile.lsf alone has them.</summary>
    /// <param name="mode">Who may change that file.</param>
    /// <returns>Its path.</returns>
    public string ByProfile(UnixFileMode mode = (UnixFileMode)0b110_100_100)
    {
        var programs = Directory.CreateDirectory(Path.Combine(_directory, "lsf")).FullName;
        foreach (var name in (string[])["bjobs", "lsid", "bparams", "lsclusters"])
        {
            File.Move(Path.Combine(_directory, name), Path.Combine(programs, name));
        }

        foreach (var file in Directory.EnumerateFiles(_directory, "b*.*").ToList())
        {
            File.Move(file, Path.Combine(programs, Path.GetFileName(file)));
        }

        Write("profile.lsf", $"PATH=$PATH:{programs}\necho of the site\n");
        var profile = Path.Combine(_directory, "profile.lsf");
        File.SetUnixFileMode(profile, mode);
        return profile;
    }

    public Task<HpcAllocation> AskAsync(string jobId, JobOwner? owner = null) =>
        Client.GetAllocationAsync(jobId, owner, CancellationToken.None);

    public Task<JobCensus> ListAsync(params string[] rows) => Listing(rows).Client.ListJobsAsync(CancellationToken.None);

    public Task<NodeCommandResult> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        Questions++;
        var variables = Variables.Select(variable => $"{variable.Key}={variable.Value}");
        return _shell.RunAsync(["env", "-u", "LSF_ENVDIR", .. variables, $"PATH={_directory}", .. arguments], input, cancellationToken);
    }

    public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private RecordedLsf Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(_directory, name), text);
        return this;
    }

    private void Program(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, "#!/bin/sh\n" + text + "\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
