using System.Management.Automation;
using PisaHpc.Ports;

namespace PisaHpc.Module.Base;

/// <summary>Lets a -Port parameter take a number or the lease that New-JobPort gives.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PortNumberAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is JobPort lease ? lease.Port : inputData;
}
