using System.Net;
using System.Text.RegularExpressions;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Engines.Docker;
using PisaHpc.HostLists;
using PisaHpc.Images.Import;
using PisaHpc.Unit.Commands;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Face;

/// <summary>However long a value is, no message quotes more than sixty characters of it.</summary>
public sealed partial class LongValueTests
{
    private static readonly string Long = new('Q', 5000);

    /// <summary>Values that are wrong in different places of a parser.</summary>
    private static readonly string[] Values =
        [Long, "/" + Long, $"[{Long}", $"{Long}[1-", $"a {Long}", $"{Long},{Long}", $"-{Long}", $"a:{Long}:{Long}", $"{Long}\n{Long}"];

    private static readonly Dictionary<string, Action<string>> Parsers = new()
    {
        ["a host list"] = text => HostList.Expand(text),
        ["patterns of nodes"] = text => HostList.Match([text + "*"], ["o2wn01"]),
        ["names to fold"] = text => HostList.Fold([text]),
        ["a job id"] = text => JobIds.Validate(text),
        ["an owner"] = text => JobOwners.Find(text),
        ["an image"] = text => ImageReference.Parse(text + " "),
        ["an image's name"] = text => ImageReference.ParseTarget(text + " "),
        ["an instruction"] = text => ChangeInstructions.Validate(text),
        ["LSF's counts"] = text => Read(("LSB_JOBID", "1"), ("LSB_MCPU_HOSTS", text), ("LSFUSER", "u:1:1")),
        ["LSF's hosts"] = text => Read(("LSB_JOBID", "1"), ("LSB_HOSTS", text), ("LSFUSER", "u:1:1")),
        ["LSF's host file"] = text => Read(("LSB_JOBID", "1"), ("LSB_DJOB_HOSTFILE", text), ("LSFUSER", "u:1:1")),
        ["LSF's job"] = text => Read(("LSB_JOBID", text)),
        ["Slurm's list"] = text => Read(("SLURM_JOB_ID", "1"), ("SLURM_JOB_NODELIST", text), ("SLURM_TASKS_PER_NODE", "1")),
        ["Slurm's counts"] = text => Read(("SLURM_JOB_ID", "1"), ("SLURM_JOB_NODELIST", "a"), ("SLURM_TASKS_PER_NODE", text)),
        ["HTCondor's ad"] = text => Read(("_CONDOR_JOB_AD", text)),
        ["PBS's file"] = text => Read(("PBS_JOBID", "1"), ("PBS_NODEFILE", text)),
        ["an engine's configuration"] = text => DaemonConfiguration.Parse("o2wn01", "/etc/docker/daemon.json", text),
        ["a flag of an engine's configuration"] = text => DaemonConfiguration.Parse(
            "o2wn01", "/etc/docker/daemon.json", $"{{\"live-restore\":{System.Text.Json.JsonSerializer.Serialize(text)}}}")
            .Flag("live-restore"),
        ["an engine's version"] = text => EngineClient.Agree("o2wn01", new VersionAnswer("28", text, null)),
        ["an engine's state"] = text => ContainerRecords.StateOf(text),
        ["a page that is no engine's answer"] = text =>
            throw EngineFailure.OfAnswer(HttpStatusCode.BadGateway, EngineFailure.MessageOf($"<html>{text}</html>"), "o2wn01"),
    };

    /// <summary>Definitions with a value in each kind of place.</summary>
    private static readonly string[] Definitions =
    [
        "{0}", "{0}: 1", "registry: '{0} '", "nodes: {{ names: '{0}[' }}", "nodes: {{ ssh: {{ client: '{0}' }} }}", "defaults: *{0}",
        "defaults: !{0} [ a ]", "environments: {{ '{0} ': {{ image: 'X/Y' }} }}", "environments: {{ e: {{ image: 'X{0}' }} }}",
        "environments: {{ e: {{ image: 'x/y:1', aliases: [ '{0}' ] }} }}", "environments: {{ e: {{ image: 'x/y:1', '{0}': 1 }} }}",
        "environments: {{ e: {{ image: 'x/y:1', mounts: [ '{0}' ] }} }}", "queues: {{ q: {{ environment: '{0}' }} }}",
        "runDirectory: '{0}'", "defaults: {{ limits: {{ shm: '{0}' }} }}", "defaults: {{ readyTimeout: '{0}' }}",
        "'{0}': 1\n'{0}': 2", "defaults: {{ devices: [ all, '{0}' ] }}", "{0}: [", "a: {0}: b",
    ];

    private static readonly string[] Scripts =
    [
        "Get-HpcAllocation '{0}' 1", "Get-HpcAllocation a 1 -JobId '{0}' -Owner u:1:1", "Get-HpcAllocation a 1 -Owner '{0}'",
        "Get-HpcContainer -JobId '{0}'", "Get-HpcContainer -Name '{0}'", "Get-HpcContainer '{0}*'", "Get-HpcEnvironment '{0}'",
        "Get-HpcEnvironment -Queue '{0}'", "Get-HpcImage -Name '{0}'", "Get-HpcImage -Environment '{0}'", "Get-HpcJob '{0}'",
        "Get-HpcNode '{0}['", "Get-IbDevice -Name '{0}' -Root /none", "Get-IbDevice -Root '{0}'", "Get-IbDevice -Root '/{0}'",
        "Get-JobPort '{0}' -Path '{1}'", "Get-JobPort -Path '/{0}'", "Get-JobSshConfig '{0}'", "Test-HpcSite -Site '{0}'",
        "Import-HpcImage '{0}' x/y:1", "Import-HpcImage /none '{0}'", "Import-HpcImage /tmp x/y:1 -Change '{0}'",
        "Import-HpcImage /tmp x/y:1 -Node '{0}'", "New-JobPort '{0}' -Path '{1}'",
        "New-JobPort 1 -Owner 'a {0}' -Path '{1}'", "Publish-HpcImage '{0}'", "Publish-HpcImage x/y:1 -Registry '{0}'",
        "Remove-JobPort '{0}' -Path '{1}'", "Remove-JobSshConfig '{0}' localhost", "Stop-HpcJob '{0}'", "Test-HpcNode -Check '{0}'",
        "Test-HpcContainer -Check '{0}'",
        "Test-HpcNode -Environment '{0}'", "Update-HpcImage -Environment '{0}'", "Update-HpcImage -Image '{0}'",
        "$allocation | Start-HpcJob -Environment '{0}'", "$allocation | New-HpcContainerPlan -SshConfig $ssh -Environment '{0}'",
        "$allocation | New-HpcContainerPlan -SshConfig $ssh -Environment debian12 -Image '{0}'",
        "$allocation | New-HpcContainerPlan -SshConfig $ssh -Environment debian12 -Mount '{0}'",
        "$allocation | New-HpcContainerPlan -SshConfig $ssh -Environment debian12 -Memory '{0}'",
        "Invoke-ContainerMpi -JobId '{0}' -Command x", "Invoke-HpcJob '{0}' x",
    ];

    public static TheoryData<string> ParserNames => [.. Parsers.Keys];

    public static TheoryData<string> Yaml => [.. Definitions];

    public static TheoryData<string> Commands => [.. Scripts];

    [Theory]
    [MemberData(nameof(ParserNames))]
    public void No_parser_quotes_more_than_sixty_characters(string parser) => Assert.All(Values, value =>
    {
        if (Record.Exception(() => Parsers[parser](value)) is { } exception)
        {
            AssertShort($"{exception.Message} {(exception as HpcException)?.RecommendedAction}");
        }
    });

    [Theory]
    [MemberData(nameof(ParserNames))]
    public void Every_parser_refuses_one_of_the_values(string parser) =>
        Assert.Contains(Values, value => Record.Exception(() => Parsers[parser](value)) is not null);

    [Theory]
    [MemberData(nameof(Yaml))]
    public void No_finding_quotes_more_than_sixty_characters(string definition)
    {
        var findings = SiteText.Findings(string.Format(System.Globalization.CultureInfo.InvariantCulture, definition, Long));
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => AssertShort($"{finding.Message} {finding.Remedy}"));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void No_error_of_a_cmdlet_quotes_more_than_sixty_characters(string script)
    {
        using var engine = new SocketEngine();
        var area = Directory.CreateTempSubdirectory("pisahpc-ports-");
        File.WriteAllText(Path.Combine(area.FullName, "22001"), "");
        var run = CmdletRun.Of(
            $"$PSDefaultParameterValues['*-H*:Site'] = $PSDefaultParameterValues['*-J*:Site'] = '{engine.Site}';"
            + $"$PSDefaultParameterValues['*-C*:Site'] = $PSDefaultParameterValues['*-I*:Site'] = '{engine.Site}';"
            + "$allocation = [PisaHpc.Unit.Face.NoSiteTests]::Allocation; $ssh = [PisaHpc.Unit.Face.NoSiteTests]::Ssh; "
            + string.Format(System.Globalization.CultureInfo.InvariantCulture, script, Long, area.FullName),
            [.. CmdletFacts.All.Select(cmdlet => (cmdlet.Name, cmdlet.Type))]);
        area.Delete(recursive: true);

        Assert.NotEmpty(run.Errors);
        Assert.All(run.Errors, error => AssertShort($"{error} {error.ErrorDetails?.RecommendedAction}"));
        Assert.All(run.Warnings, AssertShort);
    }

    [Fact]
    public void A_file_that_is_no_definition_does_not_become_the_message()
    {
        var run = CmdletRun.Of("Test-HpcSite -Site /etc/passwd", ("Test-HpcSite", CmdletFacts.Named("Test-HpcSite").Type));
        var finding = Assert.IsType<PisaHpc.Sites.SiteFinding>(Assert.Single(run.Output).BaseObject);
        Assert.InRange(finding.Message.Length, 1, 120);
    }

    private static void Read(params (string Name, string Value)[] variables) => AllocationReader.Read(new JobEnvironment
    {
        Variables = variables.ToDictionary(variable => variable.Name, variable => variable.Value),
        ProcessOwner = () => PlanRequests.Owner,
    });

    private static void AssertShort(string text) => Assert.DoesNotMatch(TooLong(), text);

    [GeneratedRegex("Q{61,}")]
    private static partial Regex TooLong();
}
