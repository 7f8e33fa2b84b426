using System.Collections;
using System.Management.Automation;
using PisaHpc.Allocations;

namespace PisaHpc.Base;

/// <summary>
/// Lets a -Node parameter take names, arrays, host lists (<c>o2wn[01-16,20]</c>), and objects that carry a node (Node, Nodes or Name).
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NodeNamesAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Names(inputData).Distinct(StringComparer.Ordinal).ToArray();

    private static IEnumerable<string> Names(object? input)
    {
        var value = input is PSObject wrapped ? wrapped.BaseObject : input;
        return value switch
        {
            null => [],
            string text => HostList.Expand(text),
            IEnumerable many => many.Cast<object?>().SelectMany(Names),
            _ => NamesOf(PSObject.AsPSObject(input!)),
        };
    }

    private static IEnumerable<string> NamesOf(PSObject item)
    {
        foreach (var property in (string[])["Node", "Nodes", "Name"])
        {
            if (item.Properties[property]?.Value is { } carried)
            {
                return Names(carried);
            }
        }

        throw new ArgumentTransformationMetadataException(
            $"'{item}' names no node: expected a name, a host list such as 'o2wn[01-16]', or an object with Node, Nodes or Name.");
    }
}
