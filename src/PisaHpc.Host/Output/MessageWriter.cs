using System.Management.Automation;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PisaHpc.Host.Output;

/// <summary>Errors, warnings, verbose and debug lines on stderr: readable text, or one JSON object a line.</summary>
internal sealed class MessageWriter(TextWriter output, OutputFormat format)
{
    // The reader is a program, not a web page: text stays readable.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Says a line of a kind: information, warning, verbose, debug.</summary>
    public void Say(string kind, string message)
    {
        if (format != OutputFormat.Text)
        {
            Write(new JsonObject { [kind] = new JsonObject { ["message"] = message } });
        }
        else
        {
            output.WriteLine($"{kind}: {message}");
        }
    }

    /// <summary>Reports an error record.</summary>
    public void Report(ErrorRecord error)
    {
        if (NativeErrorText.IsFrom(error))
        {
            SayNative(error.ToString());
        }
        else if (format != OutputFormat.Text)
        {
            Write(new JsonObject { ["error"] = ErrorFields.Of(error).ToJson() });
        }
        else
        {
            foreach (var line in ErrorFields.Of(error).ToLines())
            {
                output.WriteLine(line);
            }
        }
    }

    /// <summary>Reports a failure of the host itself, such as a command line that is not valid.</summary>
    public void Report(string id, string message)
    {
        if (format != OutputFormat.Text)
        {
            Write(new JsonObject { ["error"] = new JsonObject { ["id"] = id, ["message"] = message } });
        }
        else
        {
            output.WriteLine($"error: {message}");
        }
    }

    /// <summary>What a native program wrote to its stderr is its own text and no failure by itself.</summary>
    private void SayNative(string text)
    {
        if (format != OutputFormat.Text)
        {
            Say("native", text);
        }
        else
        {
            output.WriteLine(text);
        }
    }

    private void Write(JsonObject line) => output.WriteLine(line.ToJsonString(Readable));
}

/// <summary>Tells lines that a native program wrote to stderr, which the engine wraps as error records, from errors.</summary>
internal static class NativeErrorText
{
    /// <summary>Whether the record is such a line.</summary>
    public static bool IsFrom(ErrorRecord error) => error.FullyQualifiedErrorId is "NativeCommandError" or "NativeCommandErrorMessage";
}
