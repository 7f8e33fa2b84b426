namespace PisaHpc.Hook;

/// <summary>
/// A hook's exit codes, which say what a batch system may do. The numbers are those of sysexits.h(3head) where it has one.
/// </summary>
internal static class HookExit
{
    /// <summary>Done, or nothing to do.</summary>
    public const int Done = 0;

    /// <summary>Something is left on nodes, or nobody knows whether: an admin has to see to it.</summary>
    public const int LeftBehind = 1;

    /// <summary>The command line is not valid (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>A bug (EX_SOFTWARE).</summary>
    public const int Bug = 70;

    /// <summary>It may work another time or on other nodes (EX_TEMPFAIL).</summary>
    public const int MayPass = 75;

    /// <summary>It will not work before somebody changes something (EX_CONFIG).</summary>
    public const int WillNotPass = 78;

    /// <summary>What passes by itself, or on another node; also what the machine lacks on which the hook runs: it is a node.</summary>
    private static readonly HashSet<ErrorId> Passing =
    [
        ErrorId.NodeUnreachable,
        ErrorId.NodeTimeout,
        ErrorId.NodeAuthenticationFailed,
        ErrorId.NodeShellRefused,
        ErrorId.HostKeyUnknown,
        ErrorId.HostKeyChanged,
        ErrorId.EngineUnavailable,
        ErrorId.EngineTimeout,
        ErrorId.EngineTooOld,
        ErrorId.ImagePullFailed,
        ErrorId.ImageMismatch,
        ErrorId.RegistryUnreachable,
        ErrorId.DiskFull,
        ErrorId.NodeCommandFailed,
        ErrorId.BatchSystemFailed,
        ErrorId.PlatformNotSupported,
        ErrorId.PortAreaExhausted,
        ErrorId.PortAreaMissing,
        ErrorId.PortAreaUnusable,
        ErrorId.PortInUse,
        ErrorId.JobBeingStarted,
        ErrorId.JobOfAnotherUser,
        ErrorId.SiteMissing,
        ErrorId.UserNotFound,
        ErrorId.StaticNotRunning,
        ErrorId.StaticNotReady,
        ErrorId.StaticDrained,
    ];

    /// <summary>What one node lacks and another may have, or none has.</summary>
    private static readonly HashSet<ErrorId> OfNodes =
    [
        ErrorId.MountSourceMissing,
        ErrorId.DeviceMissing,
        ErrorId.LimitRefused,
        ErrorId.LimitNotInForce,
        ErrorId.ContainerNotReady,
        ErrorId.StaticDiffers,
    ];

    /// <summary>What nobody but an admin ends, though another node, or another batch system, may do for a start.</summary>
    private static readonly HashSet<ErrorId> LastingForSweeps =
    [
        ErrorId.PlatformNotSupported,
        ErrorId.NodeAuthenticationFailed,
        ErrorId.NodeShellRefused,
        ErrorId.HostKeyUnknown,
        ErrorId.HostKeyChanged,
        ErrorId.EngineTooOld,
        ErrorId.PortAreaMissing,
        ErrorId.PortAreaUnusable,
        ErrorId.SiteMissing,
    ];

    /// <summary>The code for a failure of a sweep: what stays as it is until somebody sees to it must not look as if it passed.</summary>
    public static int OfSweep(HpcException failure) =>
        failure.Id == ErrorId.InternalError ? Bug
        : failure.IsLasting || LastingForSweeps.Contains(failure.Id) || !Passing.Contains(failure.Id) ? WillNotPass
        : MayPass;

    /// <summary>The code for a sweep that came to its end.</summary>
    public static int OfSweep(HookLog log) => log.Worst;

    /// <summary>The one of two codes that somebody has to know of first: a bug, then what will not pass, then what may.</summary>
    public static int Worse(int one, int other) => RankOf(one) >= RankOf(other) ? one : other;

    private static int RankOf(int code) => code switch
    {
        Bug => 3,
        WillNotPass => 2,
        Done => 0,
        _ => 1,
    };

    /// <summary>
    /// The code for a start that failed. A look at the nodes tells all that stand in the way; a start ends with the first that fails, so
    /// that nobody knows of the others.
    /// </summary>
    /// <param name="nodes">How many nodes the job has.</param>
    public static int Of(HpcException failure, int nodes) => failure.Id switch
    {
        ErrorId.JobLeftBehind => LeftBehind,
        ErrorId.InternalError => Bug,
        _ when failure.FailedNodes.Any(node => node.Id == ErrorId.InternalError) => Bug,
        ErrorId.JobNotStarted when failure.FailedNodes.Count < nodes => MayPass,
        ErrorId.JobNotStarted => failure.FailedNodes.Any(node => Passing.Contains(node.Id)) ? MayPass : WillNotPass,
        ErrorId.JobRolledBack =>
            failure.FailedNodes.Any(node => Passing.Contains(node.Id) || OfNodes.Contains(node.Id)) ? MayPass : WillNotPass,
        var id => Passing.Contains(id) ? MayPass : WillNotPass,
    };
}
