using System.Collections;
using System.Management.Automation;
using PisaHpc.HostLists;
using PisaHpc.Ports;

namespace PisaHpc.Module.Base;

/// <summary>
/// Lets a -Node parameter take names, arrays, host lists (<c>o2wn[01-16,20]</c>), patterns (<c>o2wn*</c>, which
/// <see cref="SiteCmdlet.NodesOf"/> matches), and objects that carry a node (Node, Nodes or Name). Each name comes once.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NodeNamesAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] Properties = ["Node", "Nodes", "Name"];

    /// <summary>Objects that another parameter takes whole, though they carry a node.</summary>
    public Type? Except { get; init; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Except?.IsInstanceOfType(inputData is PSObject wrapped ? wrapped.BaseObject : inputData) == true
            // The pipeline's binder goes on to the next parameter for this inner exception, and fails for any other.
            ? throw new ArgumentTransformationMetadataException(
                $"{Quote.Of(inputData)} is not a node.", new PSInvalidCastException($"{Except} is taken whole."))
            : Names(inputData).Distinct(StringComparer.Ordinal).ToArray();

    private static IEnumerable<string> Names(object? input)
    {
        var value = input is PSObject wrapped ? wrapped.BaseObject : input;
        return value switch
        {
            null => [],
            string text => Expand(text),
            IDictionary table => NamesIn(name => table[name]) ?? throw NoNode("A hashtable"),
            IEnumerable many => many.Cast<object?>().SelectMany(Names),
            _ => NamesIn(name => PSObject.AsPSObject(input!).Properties[name]?.Value) ?? throw NoNode($"{Quote.Of(input)}"),
        };
    }

    /// <summary>The names in the first of the properties that an object has; null when it has none of them.</summary>
    private static IEnumerable<string>? NamesIn(Func<string, object?> value) =>
        Properties.Select(value).FirstOrDefault(carried => carried is not null) is { } found ? Names(found) : null;

    private static IReadOnlyList<string> Expand(string text)
    {
        try
        {
            return HostList.ExpandPatterns(text);
        }
        catch (HpcException exception)
        {
            // -Node o2wn[01,02] without quotes arrives as the two texts 'o2wn[01' and '02]'.
            var isHalf = text.Count(c => c == '[') != text.Count(c => c == ']');
            throw new ArgumentTransformationMetadataException(
                isHalf ? $"{exception.Message} PowerShell splits text at commas: put quotes around a host list." : exception.Message,
                exception);
        }
    }

    private static ArgumentTransformationMetadataException NoNode(string what) => new(
        $"{what} names no node: expected a name, a host list such as 'o2wn[01-16]', or an object with Node, Nodes or Name.");
}

/// <summary>
/// Lets a parameter that binds from the pipeline by value take text alone. The engine turns any object into text when nothing else
/// fits, so without this an allocation would bind its own printed form as a name, beside its queue.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TextOnlyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => IsText(inputData)
        ? inputData
        : throw new ArgumentTransformationMetadataException(
            $"{Quote.Of(inputData)} is not a name.",
            // The pipeline's binder goes on to the next parameter for this inner exception, and fails for any other.
            new PSInvalidCastException($"{inputData.GetType()} is not text."));

    private static bool IsText(object? input) => (input is PSObject wrapped ? wrapped.BaseObject : input) switch
    {
        null or string or ValueType => true,
        IEnumerable many => many.Cast<object?>().All(IsText),
        _ => false,
    };
}

/// <summary>Lets a -Port parameter take a number or the lease that New-JobPort gives.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PortNumberAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is JobPort lease ? lease.Port : inputData;
}
