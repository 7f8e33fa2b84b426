using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PisaHpc.Host.Terminal;

/// <summary>Questions to a person. Where nobody can answer, a question is an error at once: a batch hook must never wait.</summary>
internal sealed class Questions(TerminalState terminal)
{
    /// <summary>Reads a line.</summary>
    /// <exception cref="HostException">Nobody can answer.</exception>
    public string ReadLine()
    {
        RequirePerson("a line of input", "Pass the value as a parameter.");
        return Console.ReadLine() ?? "";
    }

    /// <summary>Reads a secret, echoing nothing.</summary>
    /// <exception cref="HostException">Nobody can answer.</exception>
    public SecureString ReadSecret()
    {
        RequirePerson("a secret", "Pass the value as a parameter.");
        var secret = new SecureString();
        for (var key = Console.ReadKey(true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(true))
        {
            if (key.Key == ConsoleKey.Backspace && secret.Length > 0)
            {
                secret.RemoveAt(secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.AppendChar(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return secret;
    }

    /// <summary>Asks for the value of each field, as for missing mandatory parameters.</summary>
    /// <exception cref="HostException">Nobody can answer.</exception>
    public Dictionary<string, PSObject> AskFields(string? caption, string? message, Collection<FieldDescription> fields)
    {
        var names = string.Join(", ", fields.Select(field => "-" + field.Name));
        RequirePerson($"a value for {names}", $"Give {names} on the command line.");
        Announce(caption, message);
        return fields.ToDictionary(field => field.Name, AskField);
    }

    /// <summary>Asks for one of several choices.</summary>
    /// <returns>The choice's index.</returns>
    /// <exception cref="HostException">Nobody can answer.</exception>
    public int AskChoice(string? caption, string? message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RequirePerson($"an answer to '{message}'", "Answer beforehand with -Confirm:$false, or with -Force where the command has it.");
        Announce(caption, message);
        while (true)
        {
            Console.Error.Write(Menu(choices, defaultChoice));
            var answer = Console.ReadLine() ?? throw new HostException("The input ended before the question was answered.");
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            if (answer == "?")
            {
                Explain(choices);
            }
            else if (IndexOf(choices, answer.Trim()) is >= 0 and var index)
            {
                return index;
            }
        }
    }

    /// <summary>Asks for any number of several choices; an empty answer takes the defaults.</summary>
    /// <exception cref="HostException">Nobody can answer.</exception>
    public Collection<int> AskChoices(
        string? caption, string? message, Collection<ChoiceDescription> choices, IEnumerable<int>? defaultChoices)
    {
        RequirePerson($"an answer to '{message}'", "Answer beforehand with the command's own parameters.");
        Announce(caption, message);
        Console.Error.Write(Menu(choices, -1));
        var answer = Console.ReadLine() ?? "";
        var named = answer.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return named.Length == 0
            ? [.. defaultChoices ?? []]
            : [.. named.Select(name => IndexOf(choices, name)).Where(index => index >= 0).Distinct()];
    }

    /// <summary>Asks for a user's password, and the user where none is given.</summary>
    /// <exception cref="HostException">Nobody can answer.</exception>
    public PSCredential AskCredential(string? caption, string? message, string? userName)
    {
        RequirePerson("a credential", "Pass a credential as a parameter.");
        Announce(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Console.Error.Write("User: ");
            userName = ReadLine();
        }

        Console.Error.Write($"Password for {userName}: ");
        return new PSCredential(userName, ReadSecret());
    }

    private static string Menu(Collection<ChoiceDescription> choices, int defaultChoice)
    {
        var labels = choices.Select(choice => $"[{KeyOf(choice)}] {PlainLabel(choice)}");
        var fallback = defaultChoice >= 0 ? $" (default is {KeyOf(choices[defaultChoice])})" : "";
        return $"{string.Join("  ", labels)}  [?] Help{fallback}: ";
    }

    private static void Explain(Collection<ChoiceDescription> choices)
    {
        foreach (var choice in choices)
        {
            Console.Error.WriteLine($"{KeyOf(choice)} - {choice.HelpMessage}");
        }
    }

    private static int IndexOf(Collection<ChoiceDescription> choices, string answer)
    {
        for (var i = 0; i < choices.Count; i++)
        {
            if (answer.Equals(KeyOf(choices[i]), StringComparison.OrdinalIgnoreCase)
                || answer.Equals(PlainLabel(choices[i]), StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private static string PlainLabel(ChoiceDescription choice) => choice.Label.Replace("&", "", StringComparison.Ordinal);

    private static string KeyOf(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? char.ToUpperInvariant(choice.Label[mark + 1]).ToString()
            : PlainLabel(choice);
    }

    private static void Announce(string? caption, string? message)
    {
        foreach (var line in new[] { caption, message }.Where(line => !string.IsNullOrEmpty(line)))
        {
            Console.Error.WriteLine(line);
        }
    }

    private PSObject AskField(FieldDescription field)
    {
        Console.Error.Write($"{field.Name}: ");
        if (field.ParameterTypeFullName == typeof(SecureString).FullName)
        {
            return PSObject.AsPSObject(ReadSecret());
        }

        var answer = ReadLine();
        var type = Type.GetType(field.ParameterAssemblyFullName.Length > 0
            ? $"{field.ParameterTypeFullName}, {field.ParameterAssemblyFullName}"
            : field.ParameterTypeFullName);
        object value = type is null ? answer : LanguagePrimitives.ConvertTo(answer, type, CultureInfo.InvariantCulture);
        return PSObject.AsPSObject(value);
    }

    private void RequirePerson(string what, string nextStep)
    {
        if (!terminal.CanAsk)
        {
            throw new HostException(
                $"The command asks for {what}, and nobody can answer: stdin is not a terminal, or -NonInteractive was given. {nextStep}");
        }
    }
}
