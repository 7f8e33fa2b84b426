using System.Globalization;
using PisaHpc.Adapters;
using PisaHpc.Jobs.Orphans;

namespace PisaHpc.Hook;

/// <summary>
/// What a hook is to do: the command line. Options are those of the cmdlets, without regard to case, with one dash or two.
/// </summary>
internal sealed record HookOptions
{
    /// <summary>The help text.</summary>
    public const string Help = """
        pisahpc-hook: starts and stops a job's containers from a batch system's hooks, as Start-HpcJob and Stop-HpcJob do, and takes away
        what jobs left whose run the batch system no longer knows, as Clear-HpcOrphan does.

        pisahpc-hook start [options]            the job that this runs in, from the batch system's variables: on all of its nodes or on none
        pisahpc-hook stop [options] [JOB ...]   takes jobs off their nodes, the one that this runs in when none is named; can be run twice
        pisahpc-hook sweep [options] [JOB ...]  takes away what jobs left on the site's nodes whose run is over; what is not certain stays

          -Site FILE           the site definition; else $PISAHPC_SITE (for root not: a job's variables are its user's), else
                               /etc/pisahpc/site.yaml
          -Environment NAME    start: the environment; else the default of the job's queue
          -TimeoutSec N        how long each node may take, 0 for no limit; none, and for a stop or sweep 60 s
                               beyond the grace time
          -DeadlineSec N       when to give up, and to take back what was started: before the batch system does; no limit
          -GraceSec N          stop, sweep: how long a container may take after TERM; 10
          -Boot                sweep: this node alone, which was booted, before its batch system's daemon; nobody else is asked
          -EndedForSec N       sweep: how long ago a job must have ended that the batch system still knows; 120
          -BatchTimeoutSec N   sweep: how long the batch system may take to answer, 0 for no limit; 30
          -WhatIf              sweep: says what would be removed, and removes nothing
          -Here NODE           stop: what is on this node alone; the job's port stays with whoever stops it on all of its nodes
          -On NODE             start, stop: this process is on that node: what is done there needs no login, where root has one
          -Owner USER          start, stop: for this user alone, by login name: what there is of a job has to be his, else nothing of it is
                               touched; where the job's id comes from its user
          -AskBatchSystem      stop: ask the batch system how the job ended, for its record, for 10 s at most; the stop does not wait for
                               it; not with -Here
          -ReasonFile FILE     start: why it failed, in a line for programs: a code word, the node or a dash, and the message
          -TraceFile FILE      where the time went, also where it failed: trace events for Perfetto and chrome://tracing (.json), or
                               a waterfall for a browser (.svg), as Export-HpcTrace writes them
          -Verbose             what happens on which node, on stderr
          -Version    -Help

        exit codes: 0 done, or nothing to do
                    1 something is left on nodes, or may be: an admin has to see to it; also of a stop that was stopped
                    64 the command line is not valid
                    70 a bug: report what stderr says; also of a sweep on one node
                    75 not started, and it may work another time or on other nodes: the job may be requeued; not swept, or not all of it:
                       the batch system or a node did not answer, and what is not certain was left to the next sweep
                    78 not started, and it will not work before somebody changes the site, the image or the request; not swept, or not
                       all of it, before somebody changes the site, the batch system or a node
                    129, 130, 143 a start stopped by SIGHUP, SIGINT, SIGTERM, after what was started was taken back
        """;

    /// <summary>What to do.</summary>
    public HookVerb Verb { get; init; }

    /// <summary>The site definition's file; null for the machine's.</summary>
    public string? Site { get; init; }

    /// <summary>The environment's name or alias; null for the queue's.</summary>
    public string? Environment { get; init; }

    /// <summary>The jobs to stop, none for the one that the process is part of; or those to sweep, none for every job.</summary>
    public IReadOnlyList<string> JobIds { get; init; } = [];

    /// <summary>How long each node may take; null for the usual time.</summary>
    public TimeSpan? NodeTimeout { get; init; }

    /// <summary>How long the whole may take; null for no limit.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>How long a container may take after TERM.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether this node alone is swept, after it was booted.</summary>
    public bool Boot { get; init; }

    /// <summary>How long a job must have ended to be swept.</summary>
    public TimeSpan EndedFor { get; init; } = OrphanSearch.DefaultEndedFor;

    /// <summary>How long the batch system may take to answer.</summary>
    public TimeSpan BatchTimeout { get; init; } = SiteBatchSystem.DefaultTimeout;

    /// <summary>Whether nothing is to be changed.</summary>
    public bool WhatIf { get; init; }

    /// <summary>The node from which alone a job is taken; null for all of its nodes.</summary>
    public string? Here { get; init; }

    /// <summary>The node that this process is on; null where nobody says.</summary>
    public string? On { get; init; }

    /// <summary>The login name of the user for whom alone something is done; null for whoever's job it is.</summary>
    public string? Owner { get; init; }

    /// <summary>Where to write why a start failed; null for nowhere.</summary>
    public string? ReasonFile { get; init; }

    /// <summary>Where to write the trace of the run; null for nowhere.</summary>
    public string? TraceFile { get; init; }

    /// <summary>Whether the batch system is asked how the job ended.</summary>
    public bool AskBatchSystem { get; init; }

    /// <summary>Whether each phase is said.</summary>
    public bool Verbose { get; init; }

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="HookUsageException">An argument is unknown, lacks its value, or does not go with the verb.</exception>
    public static HookOptions Read(IReadOnlyList<string> arguments)
    {
        if (arguments.Any(argument => argument.StartsWith('-') && NameOf(argument) is "help" or "h" or "?"))
        {
            return new HookOptions { Verb = HookVerb.Help };
        }

        var verb = VerbOf(arguments.Count > 0 ? arguments[0] : "");
        var options = new HookOptions { Verb = verb };
        for (var i = 1; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.StartsWith('-') && options.WithSwitch(argument) is { } switched)
            {
                options = switched;
            }
            else if (argument.StartsWith('-'))
            {
                options = options.With(argument, i + 1 < arguments.Count && !arguments[i + 1].StartsWith('-') ? arguments[++i] : null);
            }
            else if (verb is HookVerb.Stop or HookVerb.Sweep)
            {
                options = options with { JobIds = [.. options.JobIds, argument] };
            }
            else
            {
                throw new HookUsageException($"{Quote.Of(argument)} is left over: a start is of the job that it runs in.");
            }
        }

        return options switch
        {
            { Boot: true, JobIds.Count: > 0 } =>
                throw new HookUsageException("A sweep after a boot is of all jobs of this node: it takes none by name."),
            { Boot: true, IsOfBatchSystem: true } =>
                throw new HookUsageException(
                    "A sweep after a boot asks no batch system: -EndedForSec and -BatchTimeoutSec mean nothing to it."),
            { Here: not null, AskBatchSystem: true } =>
                throw new HookUsageException(
                    "-Here and -AskBatchSystem do not go together: a job's end is written down by who stops it on all of its nodes."),
            _ => options,
        };
    }

    /// <summary>Whether an option was given that says how the batch system is asked.</summary>
    private bool IsOfBatchSystem { get; init; }

    private static HookVerb VerbOf(string argument) => argument.ToLowerInvariant() switch
    {
        "start" => HookVerb.Start,
        "stop" => HookVerb.Stop,
        "sweep" => HookVerb.Sweep,
        "version" or "-version" or "--version" or "-v" => HookVerb.Version,
        "help" => HookVerb.Help,
        "" => throw new HookUsageException("Say what to do: start, stop or sweep."),
        _ => throw new HookUsageException($"{Quote.Of(argument)} is nothing to do here: start, stop or sweep."),
    };

    /// <summary>The options with one that has no value; null for any other.</summary>
    private HookOptions? WithSwitch(string option) => (Verb, NameOf(option)) switch
    {
        (_, "verbose") => this with { Verbose = true },
        (HookVerb.Stop, "askbatchsystem") => this with { AskBatchSystem = true },
        (HookVerb.Sweep, "boot") => this with { Boot = true },
        (HookVerb.Sweep, "whatif") => this with { WhatIf = true },
        _ => null,
    };

    private HookOptions With(string option, string? value) => (Verb, NameOf(option)) switch
    {
        _ when value is null => throw new HookUsageException($"{Quote.Of(option)} lacks its value."),
        (_, "site") => this with { Site = value },
        (_, "tracefile") => this with { TraceFile = value },
        (HookVerb.Start, "environment") => this with { Environment = value },
        (HookVerb.Start, "reasonfile") => this with { ReasonFile = value },
        (HookVerb.Start or HookVerb.Stop, "owner") => this with { Owner = value },
        (HookVerb.Start or HookVerb.Stop, "on") => this with { On = value },
        (HookVerb.Stop, "here") => this with { Here = value },
        (HookVerb.Stop or HookVerb.Sweep, "jobid") => this with { JobIds = [.. JobIds, value] },
        (HookVerb.Stop or HookVerb.Sweep, "gracesec") => this with { Grace = Seconds(option, value, 0, 3600) },
        (HookVerb.Sweep, "endedforsec") => this with { EndedFor = Seconds(option, value, 0, 86400), IsOfBatchSystem = true },
        (HookVerb.Sweep, "batchtimeoutsec") => this with
        {
            BatchTimeout = Limit(Seconds(option, value, 0, 86400)),
            IsOfBatchSystem = true,
        },
        (_, "timeoutsec") => this with { NodeTimeout = Limit(Seconds(option, value, 0, 86400)) },
        (_, "deadlinesec") => this with { Deadline = Seconds(option, value, 1, 86400) },
        _ => throw new HookUsageException($"{Quote.Of(option)} is no option of pisahpc-hook {Verb.ToString().ToLowerInvariant()}."),
    };

    private static string NameOf(string option) => option.TrimStart('-').ToLowerInvariant();

    private static TimeSpan Limit(TimeSpan time) => time == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : time;

    private static TimeSpan Seconds(string option, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= least && seconds <= most
            ? TimeSpan.FromSeconds(seconds)
            : throw new HookUsageException($"{option} {Quote.Of(value)} is no number of seconds from {least} to {most}.");
}

/// <summary>What a hook is to do.</summary>
internal enum HookVerb
{
    /// <summary>Say how it is called.</summary>
    Help,

    /// <summary>Say which version it is.</summary>
    Version,

    /// <summary>Start the job that it runs in.</summary>
    Start,

    /// <summary>Stop jobs.</summary>
    Stop,

    /// <summary>Take away what jobs left whose run is over.</summary>
    Sweep,
}

/// <summary>The command line is not valid.</summary>
internal sealed class HookUsageException(string message) : Exception(message);
