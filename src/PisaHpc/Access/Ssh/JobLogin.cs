using PisaHpc.Nodes;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// A login from a node into a job's container. The job's directory is its user's, who may write a ProxyCommand into the configuration: ssh
/// reads it with the user's own rights, never with those of the connection.
/// </summary>
public static class JobLogin
{
    /// <summary>
    /// A POSIX shell function, <c>job_login DIRECTORY SSH_ARGUMENTS…</c>: runs <c>ssh -F DIRECTORY/ssh_config</c> as the directory's owner.
    /// The owner is root's word, since the directory above belongs to root. ssh does not run for a user without an account (ssh.c: "No user
    /// exists for uid"), so an owner whom the node does not know gets one for this one process: /etc/passwd with a line more, in a mount
    /// namespace of its own. The account's name is nobody's, so that no rule of the node's sudo or PAM is for it, and setuid programs give
    /// it nothing.
    /// </summary>
    public const string Function = """
        job_login() (
            directory=$1
            shift
            owner=$(stat -c %u -- "$directory") && group=$(stat -c %g -- "$directory") || exit 255
            cd /
            [ "$(id -u)" != "$owner" ] || exec ssh -F "$directory/ssh_config" "$@"
            set -- setpriv --reuid "$owner" --regid "$group" --clear-groups --inh-caps=-all ssh -F "$directory/ssh_config" "$@"
            ! getent passwd "$owner" >/dev/null || exec "$@"
            exec unshare --mount sh -ec '
                account="pisahpc-$1:x:$1:$2::/:/bin/sh"
                shift 2
                umask 022
                mount --make-rslave /
                mount -t tmpfs -o mode=755,size=16m none /tmp
                { cat /etc/passwd; printf "%s\n" "$account"; } >/tmp/passwd
                mount --bind /tmp/passwd /etc/passwd
                umount /tmp
                exec setpriv --no-new-privs "$@"' account "$owner" "$group" "$@"
        )

        """;

    /// <summary>The command that runs another one in a job's container on a node; its streams and its exit code are the other's.</summary>
    /// <param name="directory">The job's directory on the node.</param>
    /// <param name="node">The node, as the job's configuration names it.</param>
    /// <param name="command">The program and its arguments.</param>
    public static IReadOnlyList<string> Command(string directory, string node, IReadOnlyList<string> command) =>
        ["sh", "-c", Function + "job_login \"$@\"", "pisahpc", directory, node, LoginShellLine.Of(ShellQuoting.Join(command))];
}
