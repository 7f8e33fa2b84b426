using PisaHpc.Nodes;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// A login from a node into a job's container. The job's directory is its user's, who may write a ProxyCommand into the configuration: ssh
/// reads it with the user's own rights, never with those of the connection.
/// </summary>
public static class JobLogin
{
    /// <summary>
    /// ssh as the directory's owner, who is root's word, since the directory above belongs to root. ssh does not run for a user without an
    /// account (ssh.c: "No user exists for uid"), so an owner whom the node does not know gets one for this one process: /etc/passwd with a
    /// line more, in a mount namespace of its own. The account's name is nobody's, so that no rule of the node's sudo or PAM is for it, and
    /// setuid programs give it nothing.
    /// </summary>
    private static readonly NodeScript Script = NodeScript.Of("Access/Ssh/login.sh");

    /// <summary>The command that runs another one in a job's container on a node; its streams and its exit code are the other's.</summary>
    /// <param name="directory">The job's directory on the node.</param>
    /// <param name="node">The node, as the job's configuration names it.</param>
    /// <param name="command">The program and its arguments.</param>
    public static IReadOnlyList<string> Command(string directory, string node, IReadOnlyList<string> command) =>
        Script.Command(directory, node, LoginShellLine.Of(ShellQuoting.Join(command)));
}
