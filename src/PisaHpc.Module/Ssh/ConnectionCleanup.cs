using System.Management.Automation;

namespace PisaHpc.Ssh;

/// <summary>Closes the connections when the module is removed.</summary>
public sealed class ConnectionCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => _ = NodeConnectors.CloseAllAsync();
}
