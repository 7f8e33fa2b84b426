namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the kernel hands out memory that is not there yet. With vm.overcommit_memory 2 it does not (proc_sys_vm(5)): a rank that holds
/// half of the memory cannot fork, and large shared mappings fail, though most of the memory is free.
/// </summary>
internal sealed class OvercommitCheck : INodeCheck
{
    public string Name => "Overcommit";

    public CheckFinding Examine(NodeEvidence evidence) => evidence.Facts.Sysctl.GetValueOrDefault("vm/overcommit_memory") switch
    {
        null => CheckFinding.Skipped("the node does not tell its vm.overcommit_memory"),
        "2" => CheckFinding.Warning("vm.overcommit_memory is 2: large programs cannot fork", "Set vm.overcommit_memory=0 on the node."),
        var mode => CheckFinding.Passed($"vm.overcommit_memory is {mode}"),
    };
}
