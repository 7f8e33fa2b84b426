using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Engines;

namespace PisaHpc.Module.Base;

/// <summary>Turns failures into error records: a stable id, a fitting category, the target, and the next step.</summary>
internal static class ErrorCatalogue
{
    /// <summary>
    /// Makes the record of a failure. What is no failure of the module's and none of PowerShell's is <see cref="ErrorId.InternalError"/>.
    /// </summary>
    /// <param name="target">The target when the failure names none itself.</param>
    /// <param name="command">The cmdlet that failed.</param>
    /// <param name="engine">What the site's engines are called; null is as on a site that names none.</param>
    public static ErrorRecord RecordOf(
        Exception exception, object? target = null, string? command = null, EngineTerms? engine = null)
    {
        var cause = exception is AggregateException { InnerExceptions: [var only] } ? only : exception;
        if (cause is IContainsErrorRecord known)
        {
            return known.ErrorRecord;
        }

        var failure = cause as HpcException ?? InternalFailure.Of(cause, command, target);
        var about = failure.Target ?? target;
        var (category, nextStep) = Entry(failure.Id, new ErrorSubject(command, about), engine ?? KnownEngines.Default.Terms);
        return new ErrorRecord(failure, failure.Id.ToString(), category, about)
        {
            ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = failure.RecommendedAction ?? nextStep },
        };
    }

    private static (ErrorCategory Category, string NextStep) Entry(ErrorId id, ErrorSubject about, EngineTerms engine) => id switch
    {
        ErrorId.NodeUnreachable => (
            ErrorCategory.ConnectionError, about.Step("Check that the node is up and that its sshd answers", node => $"ssh {node} true")),
        ErrorId.NodeTimeout => (
            ErrorCategory.OperationTimeout,
            about.Step(
                "Allow it more time, -TimeoutSec; or see what keeps it, its load or a file system that hangs (findmnt)",
                node => $"Get-HpcNode {node}")),
        ErrorId.NodeAuthenticationFailed => (
            ErrorCategory.AuthenticationError,
            "Name a key that the node accepts: nodes.ssh.keys in the site definition."),
        ErrorId.NodeShellRefused => (
            ErrorCategory.PermissionDenied,
            about.Step(
                "Reach the node as an account whose shell runs commands and that has no forced command, nodes.ssh.user in the site "
                + "definition; try it as that account",
                node => $"ssh {node} id")),
        ErrorId.HostKeyUnknown => (
            ErrorCategory.SecurityError,
            about.Step(
                "Compare its fingerprint with that on the node, ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, and add the key to a "
                + "known_hosts file named in nodes.ssh.knownHosts",
                node => $"ssh-keyscan -t ed25519 {node}")),
        ErrorId.HostKeyChanged => (
            ErrorCategory.SecurityError,
            "Check the fingerprint on the node's console; if the node was reinstalled, replace the line named in known_hosts."),
        ErrorId.EngineUnavailable => (
            ErrorCategory.ResourceUnavailable, $"Check the engine: {about.OnNode(engine.StatusCommand)}."),
        ErrorId.EngineTimeout => (
            ErrorCategory.OperationTimeout,
            "Ask again: an engine is slow at its first use and under load. If it stays so, see its log: "
            + $"{about.OnNode(engine.LogCommand)}."),
        ErrorId.EngineTooOld => (ErrorCategory.NotImplemented, "Update the container engine on the node."),
        ErrorId.ImageNotFound => (
            ErrorCategory.ObjectNotFound,
            "Check the environment's image in the site definition: Get-HpcEnvironment -Explain."),
        ErrorId.ImagePullFailed => (ErrorCategory.ResourceUnavailable, "Check that the node reaches the registry and trusts it."),
        ErrorId.ImageSourceMissing => (ErrorCategory.ObjectNotFound, "Name a directory or a tar of this machine with -Path."),
        ErrorId.ImageSourceInvalid => (
            ErrorCategory.InvalidData,
            about.Step(
                "Give a directory, or a tar that is plain or compressed with gzip, bzip2, xz or zstd; see what tar says of it",
                file => $"tar --list --file {file}")),
        ErrorId.ImageSourceUnreadable => (
            ErrorCategory.ReadError,
            "Run it as a user who may read all of it, such as root, or leave the part out with -Exclude."),
        ErrorId.ImageImportFailed => (ErrorCategory.InvalidOperation, $"See the engine's log on the node: {engine.LogCommand}."),
        ErrorId.ImagePushFailed => (ErrorCategory.InvalidOperation, "Check that the registry takes pushes of this name, and see its log."),
        ErrorId.RegistryUnreachable => (
            ErrorCategory.ConnectionError,
            "Check that the registry answers the node and that its engine trusts it: "
            + $"{engine.InfoCommand} shows the registries it takes without TLS."),
        ErrorId.DiskFull => (
            ErrorCategory.ResourceUnavailable,
            $"Make room on the node: {engine.DiskUsageCommand} shows what uses it, {engine.PruneCommand} removes what no tag leads to."),
        ErrorId.ImageMismatch => (
            ErrorCategory.InvalidData,
            "See what each node holds: Get-HpcImage; then bring them to one: Update-HpcImage."),
        ErrorId.MountSourceMissing => (
            ErrorCategory.ObjectNotFound,
            "Mount it on the node, or mark it 'optional: true' in the site definition."),
        ErrorId.DeviceMissing => (
            ErrorCategory.ObjectNotFound, about.Step("See what the node has", node => $"Get-IbDevice -Node {node}")),
        ErrorId.LimitRefused => (
            ErrorCategory.LimitsExceeded,
            "Lower the limit in the site definition, or raise the engine's own on the node."),
        ErrorId.LimitNotInForce => (
            ErrorCategory.LimitsExceeded,
            about.Step("See what the node's kernel can limit", node => $"Test-HpcNode {node}")),
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
        ErrorId.SshAccessMissing => (
            ErrorCategory.InvalidOperation, "Run it in containers that have an sshd, as those of Start-HpcJob do."),
        ErrorId.AgentMissing => (
            ErrorCategory.NotInstalled,
            "Build the agent (./build.sh Native), or take a package that has bin/native; then start the containers again."),
        ErrorId.AllocationNotFound => (
            ErrorCategory.ObjectNotFound,
            "Run it inside a job, or describe the allocation: Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24."),
        ErrorId.BatchSystemFailed => (
            ErrorCategory.ResourceUnavailable, "Look whether the batch system answers there, as with scontrol ping; then run this again."),
        ErrorId.SiteMissing => (ErrorCategory.ObjectNotFound, SiteLocation.NextStep),
        ErrorId.SiteInvalid => (ErrorCategory.ParserError, "Correct the line named, then run Test-HpcSite."),
        ErrorId.EnvironmentNotFound => (ErrorCategory.ObjectNotFound, "List the site's environments: Get-HpcEnvironment."),
        ErrorId.StaticNotFound => (
            ErrorCategory.ObjectNotFound, "Declare it under 'static' in the site definition, then run Test-HpcSite."),
        ErrorId.StaticDiffers => (
            ErrorCategory.ResourceExists, "Take up what the site declares: Restart-HpcContainer -Static; it ends the logins on that node."),
        ErrorId.StaticNotDeclared => (
            ErrorCategory.ObjectNotFound,
            "Add the node to the static environment's nodes in the site definition, or leave it out of the job."),
        ErrorId.StaticNotRunning => (
            ErrorCategory.ResourceUnavailable,
            about.Step("Start it", node => $"Start-HpcContainer -Static with its name, and -Node {node}")),
        ErrorId.StaticNotReady => (
            ErrorCategory.ResourceUnavailable,
            "See what differs from what is declared: Compare-HpcEnvironment; mend it: Sync-HpcEnvironment."),
        ErrorId.StaticDrained => (
            ErrorCategory.ResourceBusy, "Submit again when it is done; who drains it: Compare-HpcEnvironment, Get-HpcContainer -Static."),
        ErrorId.StaticBeingSynced => (
            ErrorCategory.ResourceBusy, "Wait until it has ended, and run it again: what is as declared then is left alone."),
        ErrorId.StaticBusy => (ErrorCategory.ResourceBusy, "Wait longer with -DrainTimeoutSec, or run it again later."),
        ErrorId.StaticSyncStopped => (
            ErrorCategory.OperationStopped, "Mend what failed, and run Sync-HpcEnvironment again: it goes on with what is left."),
        ErrorId.MpiLaunchFailed => (ErrorCategory.OperationStopped, "See the launcher's own words in the run's output."),
        ErrorId.CommandFailed => (ErrorCategory.OperationStopped, "See what it wrote; with 126 or 127 it was not run."),
        ErrorId.ItemNotFound => (
            ErrorCategory.ObjectNotFound, "See what is there: Get-ChildItem on this machine, Invoke-ContainerCommand ls in the container."),
        ErrorId.ItemNotCopied => (
            ErrorCategory.WriteError, "See whose it is and who may write there; -User says as whom it is done in the container."),
        ErrorId.TerminalMissing => (
            ErrorCategory.InvalidOperation, "Run a command there instead, which needs none: Invoke-ContainerCommand."),
        ErrorId.RankFailed => (ErrorCategory.OperationStopped, "See the rank's output; run it again with fewer ranks to narrow it down."),
        ErrorId.JobNotStarted or ErrorId.JobRolledBack => (
            ErrorCategory.OperationStopped, "Remove the cause named for each node, then start the job again."),
        ErrorId.JobLeftBehind => (
            ErrorCategory.OperationStopped,
            about.Step("Take away what is left when the nodes answer again", job => $"Stop-HpcJob -JobId '{job}'")),
        ErrorId.JobBeingStarted => (
            ErrorCategory.ResourceBusy, "Wait until the process that the message names has ended, then run this again."),
        ErrorId.JobOfAnotherUser => (
            ErrorCategory.PermissionDenied,
            about.Step("See whose it is, and take it off where it is of no use any more", job => $"Stop-HpcJob -JobId '{job}'")),
        ErrorId.JobNotInState => (
            ErrorCategory.OperationTimeout, about.Step("See what it has on its nodes", job => $"Get-HpcJob '{job}'")),
        ErrorId.JobNotFound => (ErrorCategory.ObjectNotFound, "List the jobs on the site's nodes: Get-HpcJob."),
        ErrorId.RecordsMissing => (
            ErrorCategory.ObjectNotFound, "Name a directory that all nodes share: records.directory in the site definition."),
        ErrorId.RecordsUnusable => (
            ErrorCategory.PermissionDenied, "See whose the directory is, and how full its file system: ls -ld, df -h."),
        ErrorId.ContainerNotFound => (ErrorCategory.ObjectNotFound, "List the containers on the site's nodes: Get-HpcContainer."),
        ErrorId.InvalidValue => (
            ErrorCategory.InvalidArgument, $"See the examples: Get-Help {about.Command ?? "about_PisaHpc"} -Examples."),
        ErrorId.UserNotFound => (
            ErrorCategory.ObjectNotFound, about.Step("Check the user on this machine", user => $"getent passwd {user}")),
        ErrorId.NodeCommandFailed => (ErrorCategory.InvalidResult, "Run the command by hand on the node."),
        ErrorId.NodeCheckFailed => (
            ErrorCategory.InvalidResult,
            about.Step(
                "See what to do about each", node => $"Test-HpcNode {node} | Where-Object Result -NE Passed | Format-List")),
        ErrorId.ContainerCheckFailed => (
            ErrorCategory.SecurityError,
            "Mend what the message names; see what to do about each: Test-HpcContainer with the same parameters, and Format-List."),
        ErrorId.EngineConfigurationInvalid => (
            ErrorCategory.ParserError,
            "Correct the file on the node at the place named; nothing was changed."),
        ErrorId.EngineConfigurationRefused => (
            ErrorCategory.InvalidOperation,
            $"Read the engine's own words in the message, and in its log on the node: {engine.LogCommand}."),
        ErrorId.BatchConfigurationInvalid => (
            ErrorCategory.ParserError, "Correct the line named, then run this again; the file was not changed."),
        ErrorId.BatchHookIncomplete => (
            ErrorCategory.InvalidResult,
            "Mend the nodes that failed and run this again; the batch system was not told to call anything."),
        ErrorId.PlatformNotSupported => (ErrorCategory.NotImplemented, "Run it on a Linux host of the cluster."),
        ErrorId.InternalError => (ErrorCategory.NotSpecified, "Run Get-Error, and report what it shows: it is a bug."),
        _ => throw new ArgumentOutOfRangeException(nameof(id), id, "The catalogue has no entry for this id."),
    };
}

/// <summary>
/// What a next step may speak of: the cmdlet that failed, and the target as a word that can be typed. A target that is no plain word (an
/// object, a long text) is no word, and the step is then told without it.
/// </summary>
/// <param name="Command">The cmdlet's name.</param>
/// <param name="Target">The error's target.</param>
internal sealed partial record ErrorSubject(string? Command, object? Target)
{
    private string? Word => Convert.ToString(Target is string or uint or int ? Target : null, CultureInfo.InvariantCulture) is { } text
        && Plain().IsMatch(text) ? text : null;

    /// <summary>A sentence with a command for the target, or the same without it.</summary>
    /// <param name="sentence">The sentence, without its end.</param>
    /// <param name="command">Makes the command of the target's word.</param>
    public string Step(string sentence, Func<string, string> command) =>
        Word is { } word ? $"{sentence}: {command(word)}." : $"{sentence}.";

    /// <summary>A command on the node that the target is; where it is none, what is to be done there.</summary>
    /// <param name="command">The command as it is typed there.</param>
    public string OnNode(string command) => Word is { } node ? $"ssh {node} {command}" : $"{command}, on the node";

    /// <summary>What neither PowerShell nor a POSIX shell takes for anything but a word.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_/.][A-Za-z0-9_./:-]{0,127}\z")]
    private static partial Regex Plain();
}
