using System.Management.Automation;

namespace PisaHpc.Base;

/// <summary>Turns failures into error records: a stable id, a fitting category, the target, and the next step.</summary>
internal static class ErrorCatalogue
{
    /// <summary>Makes the record of a failure.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="target">The target when the failure names none itself.</param>
    public static ErrorRecord RecordOf(Exception exception, object? target = null)
    {
        if (exception is not HpcException failure)
        {
            return exception is IContainsErrorRecord known
                ? known.ErrorRecord
                : new ErrorRecord(exception, exception.GetType().Name, ErrorCategory.NotSpecified, target);
        }

        var (category, nextStep) = Entry(failure.Id);
        return new ErrorRecord(failure, failure.Id.ToString(), category, failure.Target ?? target)
        {
            ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = failure.RecommendedAction ?? nextStep },
        };
    }

    private static (ErrorCategory Category, string NextStep) Entry(ErrorId id) => id switch
    {
        ErrorId.NodeUnreachable => (ErrorCategory.ConnectionError, "Check that the node is up and that its sshd answers: ssh NODE true."),
        ErrorId.NodeTimeout => (
            ErrorCategory.OperationTimeout,
            "See what keeps it: its load (Get-HpcNode), a file system that hangs (findmnt); or allow it more time: -TimeoutSec."),
        ErrorId.NodeAuthenticationFailed => (
            ErrorCategory.AuthenticationError,
            "Name a key that the node accepts: nodes.ssh.keys in the site definition."),
        ErrorId.NodeShellRefused => (
            ErrorCategory.PermissionDenied,
            "Reach the node as an account whose shell runs commands and that has no forced command, nodes.ssh.user in the site definition; "
            + "try it: ssh USER@NODE id."),
        ErrorId.HostKeyUnknown => (
            ErrorCategory.SecurityError,
            "Add the node's key to a known_hosts file named in nodes.ssh.knownHosts, after checking its fingerprint on the node."),
        ErrorId.HostKeyChanged => (
            ErrorCategory.SecurityError,
            "Check the fingerprint on the node's console; if the node was reinstalled, replace the line named in known_hosts."),
        ErrorId.EngineUnavailable => (ErrorCategory.ResourceUnavailable, "Check the engine on the node: systemctl status docker."),
        ErrorId.EngineTimeout => (
            ErrorCategory.OperationTimeout,
            "Ask again: an engine is slow at its first use and under load. If it stays so, see its log on the node: journalctl -u docker."),
        ErrorId.EngineTooOld => (ErrorCategory.NotImplemented, "Update the container engine on the node."),
        ErrorId.ImageNotFound => (
            ErrorCategory.ObjectNotFound,
            "Check the environment's image in the site definition: Get-HpcEnvironment -Explain."),
        ErrorId.ImagePullFailed => (ErrorCategory.ResourceUnavailable, "Check that the node reaches the registry and trusts it."),
        ErrorId.ImageSourceMissing => (ErrorCategory.ObjectNotFound, "Name a directory or a tar of this machine with -Path."),
        ErrorId.ImageSourceInvalid => (
            ErrorCategory.InvalidData,
            "Give a directory, or a tar that is plain or compressed with gzip, bzip2, xz or zstd; try it: tar --list --file FILE."),
        ErrorId.ImageSourceUnreadable => (
            ErrorCategory.ReadError,
            "Run it as a user who may read all of it, such as root, or leave the part out with -Exclude."),
        ErrorId.ImageImportFailed => (ErrorCategory.InvalidOperation, "See the engine's log on the node: journalctl -u docker."),
        ErrorId.ImagePushFailed => (ErrorCategory.InvalidOperation, "Check that the registry takes pushes of this name, and see its log."),
        ErrorId.RegistryUnreachable => (
            ErrorCategory.ConnectionError,
            "Check that the registry answers the node and that its engine trusts it: "
            + "docker info shows the registries it takes without TLS."),
        ErrorId.DiskFull => (
            ErrorCategory.ResourceUnavailable,
            "Make room on the node: docker system df shows what uses it, docker image prune removes what no tag leads to."),
        ErrorId.ImageMismatch => (
            ErrorCategory.InvalidData,
            "See what each node holds: Get-HpcImage -Environment NAME; then bring them to one: Update-HpcImage."),
        ErrorId.MountSourceMissing => (
            ErrorCategory.ObjectNotFound,
            "Mount it on the node, or mark it 'optional: true' in the site definition."),
        ErrorId.DeviceMissing => (ErrorCategory.ObjectNotFound, "See what the node has: Get-IbDevice -Node NODE."),
        ErrorId.LimitRefused => (
            ErrorCategory.LimitsExceeded,
            "Lower the limit in the site definition, or raise the engine's own on the node."),
        ErrorId.PortAreaMissing => (
            ErrorCategory.ObjectNotFound,
            "Create the directory with one empty file for each port, named by its number."),
        ErrorId.PortAreaExhausted => (
            ErrorCategory.ResourceUnavailable,
            "See who holds the ports with Get-JobPort, and reclaim with Remove-JobPort -Expired."),
        ErrorId.PortAreaUnusable => (
            ErrorCategory.PermissionDenied,
            "Check that this user may write there, and that the file system's hard links and flock reach all nodes."),
        ErrorId.PortInUse => (
            ErrorCategory.ResourceBusy,
            "Find the listener on the node with ss -ltnp; then start the job again to get another port."),
        ErrorId.PlanConflict => (ErrorCategory.InvalidArgument, "See which layer set each option: Get-HpcEnvironment -Explain."),
        ErrorId.ReservedOption => (ErrorCategory.InvalidArgument, "Leave the option out: the module sets it."),
        ErrorId.ContainerNotReady => (ErrorCategory.OperationTimeout, "Read the container's log: Get-HpcContainerLog."),
        ErrorId.AllocationNotFound => (
            ErrorCategory.ObjectNotFound,
            "Run it inside a job, or describe the allocation: Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24."),
        ErrorId.SiteInvalid => (ErrorCategory.ParserError, "Correct the line named, then run Test-HpcSite."),
        ErrorId.EnvironmentNotFound => (ErrorCategory.ObjectNotFound, "List the site's environments: Get-HpcEnvironment."),
        ErrorId.MpiLaunchFailed => (ErrorCategory.OperationStopped, "See the launcher's own words in the run's output."),
        ErrorId.RankFailed => (ErrorCategory.OperationStopped, "See the rank's output; run it again with fewer ranks to narrow it down."),
        ErrorId.JobRolledBack => (ErrorCategory.OperationStopped, "Remove the cause named for each node, then start the job again."),
        ErrorId.JobBeingStarted => (
            ErrorCategory.ResourceBusy, "Wait until the process that the message names has ended, then run this again."),
        ErrorId.JobNotFound => (ErrorCategory.ObjectNotFound, "List the jobs on the nodes: Get-HpcJob -Node NODES."),
        ErrorId.ContainerNotFound => (ErrorCategory.ObjectNotFound, "List the containers on the nodes: Get-HpcContainer -Node NODES."),
        ErrorId.InvalidValue => (ErrorCategory.InvalidArgument, "See the examples: Get-Help COMMAND -Examples."),
        ErrorId.UserNotFound => (ErrorCategory.ObjectNotFound, "Check the user on this machine: getent passwd USER."),
        ErrorId.NodeCommandFailed => (ErrorCategory.InvalidResult, "Run the command by hand on the node."),
        ErrorId.NodeCheckFailed => (
            ErrorCategory.InvalidResult,
            "See what to do about each: Test-HpcNode NODE | Where-Object Result -NE Passed | Format-List."),
        ErrorId.EngineConfigurationInvalid => (
            ErrorCategory.ParserError,
            "Correct the file on the node at the place named; nothing was changed."),
        ErrorId.EngineConfigurationRefused => (
            ErrorCategory.InvalidOperation,
            "Read the engine's own words in the message, and in its log on the node: journalctl -u docker."),
        ErrorId.PlatformNotSupported => (ErrorCategory.NotImplemented, "Run it on a Linux host of the cluster."),
        _ => throw new ArgumentOutOfRangeException(nameof(id), id, "The catalogue has no entry for this id."),
    };
}
