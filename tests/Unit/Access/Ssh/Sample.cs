using PisaHpc.Access.Ssh;
using PisaHpc.Batch;

namespace PisaHpc.Unit.Access.Ssh;

internal static class Sample
{
    public static JobKeys Keys { get; } = new(
        new JobKeyPair("USER PRIVATE\n", "ssh-ed25519 AAAAuser", "SHA256:user"), new JobKeyPair("HOST PRIVATE\n", "ssh-ed25519 AAAAhost", "SHA256:host"));

    public static JobOwner Owner { get; } = new()
    {
        Name = "hpcuser",
        Uid = 4001,
        Gid = 4001,
        Groups = [4001, 5001, 5002],
        Home = "/home/hpcuser",
        Shell = "/bin/bash",
    };

    public static JobSshRequest Request(params AllocatedNode[] nodes) => new()
    {
        Allocation = new HpcAllocation
        {
            JobId = "4711",
            BatchSystem = Scheduler.Manual,
            Owner = Owner,
            Nodes = nodes.Length > 0 ? nodes : [new AllocatedNode("o2wn01", 32), new AllocatedNode("o2wn02", 24)],
        },
        Port = 22042,
        Directory = "/run/pisahpc/4711",
        Keys = Keys,
    };

    public static string Text(JobSshRequest request, string name) => JobSshFiles.For(request).Single(file => file.Name == name).Content!;
}
