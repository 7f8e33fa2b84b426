using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.Batch;

/// <summary>A job's owner as the name service of the host that was asked knows him.</summary>
internal static class OwnerOnHost
{
    /// <summary>
    /// Reads him from an answer's <c>passwd</c>, his line of getent(1), and <c>groups</c>, the numbers of his groups with blanks between.
    /// </summary>
    /// <param name="user">The login name that the batch system told.</param>
    /// <param name="job">The job, for the error: <c>LSF job 4711</c>.</param>
    /// <param name="host">Where it was asked.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.UserNotFound"/>: the host does not know him.</exception>
    public static JobOwner Read(ScriptReply said, string user, string job, string host)
    {
        if (said["passwd"]?.Split(':') is not [var name, _, var uid, var gid, _, var home, var shell] || name != user)
        {
            throw new HpcException(
                ErrorId.UserNotFound,
                $"User {Quote.Name(user)}, the owner of {job}, is not known with his groups to the name service of {host}.",
                user,
                "Name the owner with -Owner, in full: name:uid:gid,gid.");
        }

        return new JobOwner
        {
            Name = name,
            Uid = Id(uid),
            Gid = Id(gid),
            Groups = JobOwners.Ordered(Id(gid), said["groups"]!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Id)),
            Home = home.Length > 0 ? home : "/",
            Shell = shell.Length > 0 ? shell : "/bin/sh",
        };
    }

    private static uint Id(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
