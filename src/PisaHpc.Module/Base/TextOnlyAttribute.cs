using System.Collections;
using System.Management.Automation;

namespace PisaHpc.Module.Base;

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
