using System.Management.Automation;
using PisaHpc.Adapters;

namespace PisaHpc.Module.Base;

/// <summary>
/// Closes connections when the module is removed: those that nothing runs on, since other runspaces of the process may have it too
/// (ForEach-Object -Parallel) and share them.
/// </summary>
public sealed class ConnectionCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => _ = NodeConnectors.CloseIdleAsync();
}
