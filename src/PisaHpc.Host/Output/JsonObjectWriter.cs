using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PisaHpc.Host.Output;

/// <summary>
/// Objects as JSON. One object is an object, several are an array, none is an empty array; where it is asked for, one is an array too.
/// Enums are words, times ISO 8601, durations <c>[d.]hh:mm:ss</c>. The module's own types, custom objects and dictionaries are opened down
/// to <see cref="MaxDepth"/>; any other object is opened only where it is a result itself, and is its text inside another: .NET's objects
/// reach the whole process from anywhere.
/// </summary>
internal sealed class JsonObjectWriter(Action<string> warn)
{
    /// <summary>How many objects and arrays may lie inside each other; what lies deeper is its text.</summary>
    public const int MaxDepth = 8;

    private static readonly JsonWriterOptions InLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Options = InLine with { Indented = true };

    /// <summary>Writes a document.</summary>
    /// <param name="results">What the pipeline put out.</param>
    /// <param name="output">Where the document goes.</param>
    /// <param name="asArray">Whether one object is an array too.</param>
    public void Write(IReadOnlyList<PSObject?> results, Stream output, bool asArray = false)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            if (results.Count == 1 && !asArray)
            {
                WriteValue(json, results[0], 0);
            }
            else
            {
                json.WriteStartArray();
                foreach (var result in results)
                {
                    WriteValue(json, result, 0);
                }

                json.WriteEndArray();
            }
        }

        output.WriteByte((byte)'\n');
        output.Flush();
    }

    /// <summary>An object as a line, with its end.</summary>
    public ReadOnlyMemory<byte> LineOf(PSObject? result)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, InLine))
        {
            WriteValue(json, result, 0);
        }

        line.Write("\n"u8);
        return line.WrittenMemory;
    }

    private void WriteValue(Utf8JsonWriter json, object? value, int depth)
    {
        var inner = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (JsonScalar.TryWrite(json, inner))
        {
            return;
        }

        if (depth >= MaxDepth || (depth > 0 && !IsOpened(inner!)))
        {
            json.WriteStringValue(inner!.ToString());
            return;
        }

        switch (inner)
        {
            case IDictionary dictionary:
                WriteDictionary(json, dictionary, depth);
                break;
            case IEnumerable many when inner is not PSCustomObject:
                WriteArray(json, many, depth);
                break;
            default:
                WriteProperties(json, PSObject.AsPSObject(value), depth);
                break;
        }
    }

    private static bool IsOpened(object value) =>
        value is PSCustomObject or IEnumerable || value.GetType().Namespace?.Split('.')[0] == "PisaHpc";

    private void WriteDictionary(Utf8JsonWriter json, IDictionary dictionary, int depth)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry entry in dictionary)
        {
            json.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "");
            WriteValue(json, entry.Value, depth + 1);
        }

        json.WriteEndObject();
    }

    private void WriteArray(Utf8JsonWriter json, IEnumerable many, int depth)
    {
        json.WriteStartArray();
        foreach (var item in many)
        {
            WriteValue(json, item, depth + 1);
        }

        json.WriteEndArray();
    }

    private void WriteProperties(Utf8JsonWriter json, PSObject item, int depth)
    {
        json.WriteStartObject();
        foreach (var property in item.Properties.Where(property => property.IsGettable))
        {
            json.WritePropertyName(property.Name);
            WriteValue(json, Read(property, item), depth + 1);
        }

        json.WriteEndObject();
    }

    private object? Read(PSPropertyInfo property, PSObject item)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException failure)
        {
            warn($"{item.TypeNames[0]}.{property.Name} cannot be read and is null in the JSON: {failure.Message}");
            return null;
        }
    }
}
