using PisaHpc.Batch;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the node knows users as this machine does: their number, their group and all others. A file of a shared file system belongs to a
/// number, and a batch system starts a job as a name.
/// </summary>
internal sealed class UsersCheck : INodeCheck
{
    public string Name => "Users";

    public string About => "the users named have the same number, group and groups as here";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Request.Users.Count == 0)
        {
            return evidence.Request.Site.Preflight.Users.Count == 0
                ? CheckFinding.Skipped("no user is named", "Name some with -User, or in preflight.users of the site definition.")
                : CheckFinding.Skipped("this machine knows none of the cluster's users", "Run it on a Linux host of the cluster.");
        }

        var faults =
            (from user in evidence.Request.Users
             let fault = Fault(user.Key, user.Value, evidence.Facts.Users.GetValueOrDefault(user.Key))
             where fault is not null
             select (Name: user.Key, Words: fault)).ToList();
        return faults.Count > 0
            ? CheckFinding.Failed(string.Join("; ", faults.Select(fault => fault.Words)), Remedy(faults[0].Name))
            : CheckFinding.Passed(string.Join("; ", evidence.Request.Users.Keys.Select(name => Words(evidence.Facts.Users[name]!))));
    }

    private static string Remedy(string name) =>
        $"Check the node's name service: getent passwd {name}; id {name}; systemctl status sssd.";

    private static string? Fault(string name, JobOwner? here, JobOwner? there) => (here, there) switch
    {
        (_, null) => $"{name} is not known there",
        (null, _) => $"{name} is not known on this machine",
        _ when here.Uid != there.Uid || here.Gid != there.Gid => $"{name} is {there.Uid}:{there.Gid} there and {here.Uid}:{here.Gid} here",
        _ when !here.Groups.SequenceEqual(there.Groups) =>
            $"{name} is in {string.Join(',', there.Groups)} there and in {string.Join(',', here.Groups)} here",
        _ when there.IdBeyondContainers is { } id => $"{name} has {id}, and engines take ids up to {JobOwner.GreatestContainerId}",
        _ => null,
    };

    private static string Words(JobOwner user) => $"{user.Name} {user.Uid}:{string.Join(',', user.Groups)}";
}
