using System.Management.Automation;
using System.Reflection;
using PisaHpc.Containers.Commands;
using PisaHpc.Jobs;
using PisaHpc.Module.Base;
using PisaHpc.Mpi;

namespace PisaHpc.Unit.Face;

/// <summary>The rules that every cmdlet keeps, whoever writes it.</summary>
public sealed class CmdletTests
{
    /// <summary>Verbs that change nothing outside the session.</summary>
    private static readonly HashSet<string> ReadingVerbs = ["Compare", "Get", "Measure", "Test", "Wait"];

    /// <summary>Cmdlets with a changing verb that only make an object of their input.</summary>
    private static readonly HashSet<string> MakersOfObjects = ["New-HpcContainerPlan"];

    /// <summary>What a program wrote and how it ended: it ran, whatever it changed.</summary>
    private static readonly Dictionary<string, Type[]> OutputsOfRuns = new()
    {
        ["Enter-HpcContainer"] = [typeof(HpcContainerCommandResult)],
        ["Invoke-ContainerCommand"] = [typeof(HpcContainerOutput), typeof(HpcContainerCommandResult), typeof(HpcContainerOutputGroup)],
        ["Invoke-ContainerMpi"] = [typeof(MpiOutput), typeof(MpiResult)],
        ["Invoke-HpcJob"] = [typeof(HpcJobOutput), typeof(HpcJobResult)],
    };

    private static readonly HashSet<string> ApprovedVerbs =
    [
        .. from type in typeof(VerbsCommon).Assembly.GetExportedTypes()
           where type.Namespace == "System.Management.Automation" && type.Name.StartsWith("Verbs", StringComparison.Ordinal)
           from field in type.GetFields(BindingFlags.Public | BindingFlags.Static)
           select (string)field.GetRawConstantValue()!,
    ];

    private static readonly HashSet<string> ReservedNames =
    [
        "Confirm", "Debug", "ErrorAction", "ErrorVariable", "OutBuffer", "OutVariable", "PipelineVariable", "ProgressAction", "Verbose",
        "WarningAction", "WarningVariable", "WhatIf",
    ];

    public static TheoryData<string> Cmdlets => CmdletFacts.Names;

    public static TheoryData<string> Changing =>
        [.. CmdletFacts.All.Where(cmdlet => cmdlet.Declaration.SupportsShouldProcess).Select(cmdlet => cmdlet.Name)];

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Verbs_are_approved(string name) => Assert.Contains(CmdletFacts.Named(name).Declaration.VerbName, ApprovedVerbs);

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Nouns_are_ours_and_singular(string name)
    {
        var noun = CmdletFacts.Named(name).Declaration.NounName;
        Assert.Matches("^(Hpc|Job|Ib|Container)[A-Z]", noun);
        Assert.DoesNotMatch("[^s]s$", noun);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void What_changes_something_knows_WhatIf_and_what_only_reads_does_not(string name)
    {
        var cmdlet = CmdletFacts.Named(name);
        var reads = ReadingVerbs.Contains(cmdlet.Declaration.VerbName) || MakersOfObjects.Contains(name);
        Assert.Equal(!reads, cmdlet.Declaration.SupportsShouldProcess);
    }

    [Theory]
    [MemberData(nameof(Changing))]
    public void What_changes_something_says_in_each_output_whether_it_did(string name) => Assert.Equal(
        OutputsOfRuns.GetValueOrDefault(name, []),
        CmdletFacts.Named(name).Outputs.Where(type => type.GetProperty("Changed")?.PropertyType != typeof(bool)));

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Outputs_are_declared_and_are_types_of_the_domain(string name)
    {
        var outputs = CmdletFacts.Named(name).Outputs;
        Assert.NotEmpty(outputs);
        Assert.All(outputs, type => Assert.True(IsOurs(type), $"{name} puts out {type}, which scripts cannot name."));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Parameters_have_types_that_scripts_can_name(string name) =>
        Assert.All(CmdletFacts.Named(name).Parameters, parameter => Assert.True(
            IsOurs(parameter.PropertyType), $"-{parameter.Name} of {name} takes {parameter.PropertyType}, which scripts cannot name."));

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Parameters_leave_the_common_names_alone(string name) =>
        Assert.All(CmdletFacts.Named(name).Parameters, parameter => Assert.DoesNotContain(parameter.Name, ReservedNames));

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_set_takes_at_most_one_parameter_from_the_pipeline_by_value(string name)
    {
        var byValue =
            from parameter in CmdletFacts.Named(name).Parameters
            from attribute in parameter.GetCustomAttributes<ParameterAttribute>()
            where attribute.ValueFromPipeline
            group parameter.Name by attribute.ParameterSetName;
        Assert.All(byValue, set => Assert.True(set.Count() == 1, $"{name}, set {set.Key}: {string.Join(", ", set)}"));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Names_that_the_site_knows_are_completed(string name)
    {
        // Get-HpcAllocation's -JobId names a job that does not exist yet; Invoke-ContainerMpi's -Environment is a hashtable.
        var completed = CmdletFacts.Named(name).Parameters.Where(parameter =>
            parameter.Name is "Node" or "Queue" or "Environment" or "JobId" or "Image"
            && (name, parameter.Name) is not (("Get-HpcAllocation", "JobId") or ("Invoke-ContainerMpi", "Environment"))
            || (name, parameter.Name) is ("Publish-HpcImage", "Name"));
        Assert.All(completed, parameter => Assert.True(
            parameter.IsDefined(typeof(ArgumentCompleterAttribute)), $"-{parameter.Name} of {name} is not completed."));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Nodes_are_named_by_patterns_too(string name) =>
        Assert.All(
            CmdletFacts.Named(name).Parameters.Where(parameter => parameter.IsDefined(typeof(NodeNamesAttribute))),
            parameter => Assert.True(
                parameter.IsDefined(typeof(SupportsWildcardsAttribute)),
                $"-{parameter.Name} of {name} does not say that it takes patterns."));

    [Fact]
    public void There_are_cmdlets() => Assert.NotEmpty(CmdletFacts.All);

    private static bool IsOurs(Type type)
    {
        var element = type.IsArray ? type.GetElementType()! : Nullable.GetUnderlyingType(type) ?? type;
        return element.GetGenericArguments().All(IsOurs)
            && (element.Assembly == typeof(HpcException).Assembly
                || element.Assembly == typeof(object).Assembly
                || element.Assembly == typeof(Uri).Assembly
                || element.Assembly == typeof(PSObject).Assembly
                || (element.Namespace ?? "").Split('.')[0] == "System");
    }
}
