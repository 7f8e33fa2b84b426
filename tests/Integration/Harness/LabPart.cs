namespace PisaHpc.Integration.Harness;

/// <summary>
/// Which tests may run beside which, in processes of their own: <c>[Trait(LabPart.Name, …)]</c> on a class, or on a test where it is alone.
/// Tests without one may run beside those of <see cref="Slurm"/>; <c>./build.sh Test</c> does so.
/// </summary>
internal static class LabPart
{
    /// <summary>The trait's name.</summary>
    public const string Name = "Part";

    /// <summary>
    /// Tests that have jobs in the lab's Slurm, which some of them empty, change or stop, or hooks on the nodes; and those whose ranks
    /// take all CPUs, which no hook's deadline is to meet.
    /// </summary>
    public const string Slurm = "Slurm";

    /// <summary>
    /// Tests that take away what all others need: a node, an engine, a line of /etc/hosts; or that add nodes. Whatever asks all nodes, as the
    /// check that nothing is left does, would meet them.
    /// </summary>
    public const string Alone = "Alone";
}
