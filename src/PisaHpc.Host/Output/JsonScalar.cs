using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Numerics;
using System.Text.Json;

namespace PisaHpc.Host.Output;

/// <summary>The values that have no parts in JSON.</summary>
internal static class JsonScalar
{
    /// <summary>Writes a value that is one; says whether it was.</summary>
    public static bool TryWrite(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                return true;
            case bool or SwitchParameter:
                json.WriteBooleanValue(value is true or SwitchParameter { IsPresent: true });
                return true;
            case Enum:
                json.WriteStringValue(value.ToString());
                return true;
            case double or float:
                WriteReal(json, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                return true;
            case sbyte or byte or short or ushort or int or uint or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                return true;
            case ulong number:
                json.WriteNumberValue(number);
                return true;
            case decimal number:
                json.WriteNumberValue(number);
                return true;
            default:
                return WriteText(json, TextOf(value));
        }
    }

    private static string? TextOf(object value) => value switch
    {
        string text => text,
        char letter => letter.ToString(),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        TimeSpan duration => duration.ToString("c", CultureInfo.InvariantCulture),
        Guid or BigInteger or Uri or Version or IPAddress or IPNetwork or Type or ScriptBlock => value.ToString(),
        _ => null,
    };

    private static bool WriteText(Utf8JsonWriter json, string? text)
    {
        if (text is null)
        {
            return false;
        }

        json.WriteStringValue(text);
        return true;
    }

    // JSON has no word for these numbers (RFC 8259, section 6).
    private static void WriteReal(Utf8JsonWriter json, double number)
    {
        if (double.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
        }
    }
}
