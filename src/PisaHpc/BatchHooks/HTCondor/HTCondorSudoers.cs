using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>
/// The file by which sudo(8) lets the job's user have root run one program, for which HTCondor has no way of its own: sudoers(5),
/// "Including other files". The program takes no word and no variable of his.
/// </summary>
internal static class HTCondorSudoers
{
    /// <summary>The file: a name with a dot would not be read.</summary>
    public const string File = "/etc/sudoers.d/pisahpc-htcondor";

    /// <summary>The mode that sudo asks for, in octal digits.</summary>
    public const string Mode = "440";

    /// <summary>The program.</summary>
    public const string Program = HookPlace.Directory + "/htcondor-root";

    // Text that visudo refuses.
    private const int IsInvalid = 5;

    private static readonly NodeScript Check = NodeScript.Of("BatchHooks/HTCondor/sudoers-check.sh");

    private static readonly string[] Lines =
    [
        $"Defaults!{Program} env_reset, !setenv, !env_keep, !env_check, !requiretty, umask=0022, umask_override, closefrom=3",
        $"ALL ALL=(root) NOPASSWD: {Program} start, {Program} socket, {Program} stop",
    ];

    /// <summary>It with the lines in it.</summary>
    /// <param name="read">The file as it stands.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: the node has no sudo or no fit shell, or ours was changed since.
    /// </exception>
    public static TextChange Joined(HTCondorNode node, TextChange read) =>
        !node.Facts.ContainsKey("sudo") ? throw new HpcException(
            ErrorId.BatchConfigurationInvalid,
            $"{node.Node} has no sudo, by which HTCondor's hooks, which run as the job's user, have root start a container.",
            node.Node,
            "Install sudo there.")
        : !node.HasPrivilegedShell ? throw new HpcException(
            ErrorId.BatchConfigurationInvalid,
            $"/bin/sh on {node.Node} does not know -p, by which root's program reads no function of a user's.",
            node.Node,
            "Have bash, or dash from 0.5.11 on, be /bin/sh there.")
        : read with { After = MarkedBlock.Joined(read.Path, read.Before, Lines) };

    /// <summary>Has visudo try it: sudo lets nobody do anything by a file that is none.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>.</exception>
    public static async Task TryAsync(INodeConnection node, TextChange text, Action<string> warn, CancellationToken cancellationToken)
    {
        if (text.Path != File)
        {
            return;
        }

        var result = await node.RunAsync(Check.Command(), text.BytesAfter, cancellationToken);
        if (result.ExitCode == IsInvalid)
        {
            throw new HpcException(
                ErrorId.BatchConfigurationInvalid,
                $"{File} on {node.Node} would be none for its sudo: {Quote.Words(result.Error + result.Text)}",
                node.Node,
                "See what its version of sudo knows: sudo -V. Nothing of it was written.");
        }

        if (result.Text.Length == 0)
        {
            warn($"{File} was not tried: {node.Node} has no visudo.");
        }
    }
}
