using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;

namespace PisaHpc.Unit.Face;

/// <summary>What a page says of a cmdlet's shape, made from the cmdlet itself, as PlatyPS writes it.</summary>
internal sealed partial class HelpBlocks
{
    private readonly object _instance;

    public HelpBlocks(string name)
    {
        var type = CmdletFacts.Named(name).Type;
        Info = new CmdletInfo(name, type);
        _instance = Activator.CreateInstance(type)!;
    }

    public CmdletInfo Info { get; }

    /// <summary>The parameters but the common ones.</summary>
    public IEnumerable<ParameterMetadata> Parameters =>
        Info.Parameters.Values.Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name));

    /// <summary>The parameter sets as headings, each with its syntax.</summary>
    public IEnumerable<(string Title, string Syntax)> Syntaxes =>
        Info.ParameterSets.Select(set => (set.Name + (set.IsDefault ? " (Default)" : ""), $"{Info.Name} {set}"));

    /// <summary>The block that describes a parameter.</summary>
    public string Yaml(ParameterMetadata parameter)
    {
        var yaml = new StringBuilder();
        yaml.AppendLine($"Type: {parameter.ParameterType}");
        yaml.AppendLine($"DefaultValue: {Quoted(DefaultOf(parameter))}");
        yaml.AppendLine($"SupportsWildcards: {Word(parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any())}");
        AddList(yaml, "Aliases", parameter.Aliases);
        yaml.AppendLine("ParameterSets:");
        foreach (var (name, set) in parameter.ParameterSets)
        {
            yaml.AppendLine($"- Name: {(name == ParameterAttribute.AllParameterSets ? "(All)" : name)}");
            yaml.AppendLine(
                $"  Position: {(set.Position == int.MinValue ? "Named" : set.Position.ToString(CultureInfo.InvariantCulture))}");
            yaml.AppendLine($"  IsRequired: {Word(set.IsMandatory)}");
            yaml.AppendLine($"  ValueFromPipeline: {Word(set.ValueFromPipeline)}");
            yaml.AppendLine($"  ValueFromPipelineByPropertyName: {Word(set.ValueFromPipelineByPropertyName)}");
            yaml.AppendLine($"  ValueFromRemainingArguments: {Word(set.ValueFromRemainingArguments)}");
        }

        yaml.AppendLine("DontShow: false");
        AddList(yaml, "AcceptedValues", AcceptedValuesOf(parameter));
        yaml.Append("HelpMessage: ''");
        return yaml.ToString();
    }

    private static void AddList(StringBuilder yaml, string name, IEnumerable<string> items)
    {
        yaml.AppendLine(items.Any() ? $"{name}:" : $"{name}: []");
        foreach (var item in items)
        {
            yaml.AppendLine($"- {item}");
        }
    }

    private static IEnumerable<string> AcceptedValuesOf(ParameterMetadata parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        var words = parameter.Attributes.OfType<ValidateSetAttribute>().FirstOrDefault()?.ValidValues;
        return words ?? (type.IsEnum ? Enum.GetNames(type) : []);
    }

    /// <summary>The value when the parameter is not used; a mandatory one has none.</summary>
    private string DefaultOf(ParameterMetadata parameter)
    {
        var value = _instance.GetType().GetProperty(parameter.Name)?.GetValue(_instance);
        var text = value switch
        {
            null => parameter.SwitchParameter ? "False" : "",
            SwitchParameter given => given.IsPresent.ToString(),
            string word => word,
            IEnumerable items => string.Join(", ", items.Cast<object>()),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
        return text == "0" && parameter.ParameterSets.Values.Any(set => set.IsMandatory) ? "" : text;
    }

    private static string Quoted(string value) => PlainWord().IsMatch(value) ? value : $"'{value}'";

    private static string Word(bool value) => value ? "true" : "false";

    [GeneratedRegex("^[A-Za-z0-9/][A-Za-z0-9/., _-]*$")]
    private static partial Regex PlainWord();
}
