using System.Collections;

namespace PisaHpc.Unit.Face;

/// <summary>Objects as cmdlets put them out, made by reflection: every property that can be set has a value.</summary>
internal static class SampleOutput
{
    /// <summary>A digest as registries have them.</summary>
    private static readonly string Digest = "sha256:" + new string('a', 64);

    /// <summary>An object with a value in each property that can be set; a list has one item.</summary>
    public static object? Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return "sample";
        }

        if (type.IsValueType)
        {
            return type == typeof(bool) ? true
                : type == typeof(DateTimeOffset) ? DateTimeOffset.UtcNow.AddHours(-3)
                : type.IsPrimitive ? Convert.ChangeType(1, type, System.Globalization.CultureInfo.InvariantCulture)
                : Activator.CreateInstance(type);
        }

        if (type.IsAssignableTo(typeof(IEnumerable)))
        {
            return Items(type);
        }

        if (type.GetConstructors().MinBy(constructor => constructor.GetParameters().Length) is not { } make)
        {
            return null;
        }

        var sample = make.Invoke([.. make.GetParameters().Select(parameter => Of(parameter.ParameterType))]);
        foreach (var property in type.GetProperties().Where(property => property.SetMethod is { IsPublic: true }))
        {
            property.SetValue(sample, property.PropertyType == typeof(string) ? Word(property.Name) : Of(property.PropertyType));
        }

        return sample;
    }

    /// <summary>A text for a property, in the form or of the tone that its own words have.</summary>
    private static string Word(string property) =>
        property.EndsWith("Digest", StringComparison.Ordinal) ? Digest
        : property switch
        {
            "Node" => "o2wn13",
            "State" or "Result" or "Severity" or "Status" or "Outcome" => "Failed",
            _ => "sample",
        };

    private static object Items(Type type)
    {
        var arguments = type.GetGenericArguments();
        if (arguments.Length == 2)
        {
            var table = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
            table.Add(Of(arguments[0])!, Of(arguments[1]));
            return table;
        }

        var items = Array.CreateInstance(arguments.Length == 1 ? arguments[0] : type.GetElementType()!, 1);
        items.SetValue(Of(items.GetType().GetElementType()!), 0);
        return items;
    }
}
