using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PisaHpc.Module.Commands;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Completion;

/// <summary>Where nothing completes a parameter, the engine offers files of this machine, which mean nothing elsewhere.</summary>
public sealed class CompletedParameterTests
{
    /// <summary>For these, files and directories of this machine are what is meant.</summary>
    private static readonly string[] FilesOfThisMachine =
    [
        "-Site", "-SlurmConf", "-LsfConf", "-LsfServerDir", "-CondorBin", "Export-HpcKnownHost -Path", "Export-HpcMetric -Path",
        "Export-HpcReport -Path", "Export-HpcTrace -Path", "Import-HpcImage -Path", "Install-HpcBatchHook -ProgramPath",
        "Invoke-ContainerCommand -InputFile", "New-HpcSite -KeyFile", "New-HpcSite -Path", "Get-IbDevice -Root",

        // What all nodes share, this machine has too; and before there is a site, no node can be asked.
        "New-HpcSite -PortArea", "New-HpcSite -Mount", "Get-JobPort -Path", "New-JobPort -Path", "Remove-JobPort -Path",
    ];

    /// <summary>For these nobody knows what is meant: numbers with units, names that are new, text, arguments of other programs.</summary>
    private static readonly string[] FreeText =
    [
        "-TraceVariable", "-ShmSize", "-Memlock", "-OpenFiles", "-Memory", "-ArgumentList", "Export-HpcReport -Title",
        "Get-HpcAllocation -JobId", "Import-HpcImage -Change", "Import-HpcImage -Exclude", "Invoke-ContainerCommand -InputText",
        "New-JobSshConfig -Shell", "Sync-HpcEnvironment -MaxUnavailable",
    ];

    public static TheoryData<string> Cmdlets => CmdletFacts.Names;

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_text_is_completed_by_what_it_can_be(string name) => Assert.Empty(
        from parameter in CmdletFacts.Named(name).Parameters
        where parameter.PropertyType == typeof(string) || parameter.PropertyType == typeof(string[])
        where !IsCompleted(parameter) && !IsExcepted(name, parameter.Name)
        select $"{name} -{parameter.Name}");

    [Fact]
    public void Each_exception_is_one() => Assert.All(
        FilesOfThisMachine.Concat(FreeText),
        exception => Assert.Contains(
            CmdletFacts.All,
            cmdlet => cmdlet.Parameters.Any(parameter => !IsCompleted(parameter)
                && (exception == $"-{parameter.Name}" || exception == $"{cmdlet.Name} -{parameter.Name}"))));

    /// <summary>A completer that gives nothing back, and not an empty list, leaves it to the engine.</summary>
    [Theory]
    [InlineData("-Path", "", true)]
    [InlineData("-Path", "-FromContainer", false)]
    [InlineData("-Destination", "", false)]
    [InlineData("-Destination", "-FromContainer", true)]
    public void Where_a_copy_is_of_this_machine_its_files_are_completed(string parameter, string direction, bool isHere)
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-copied-");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "result.dat"), "");
            var line = $"Copy-HpcContainerItem -Site {directory.FullName}/none.yaml {direction} {parameter} {directory.FullName}/res";
            Assert.Equal(isHere, Offered(line).Any(offer => offer.EndsWith("result.dat", StringComparison.Ordinal)));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Offered(string line)
    {
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Copy-HpcContainerItem", typeof(CopyHpcContainerItemCommand), helpFileName: null));
        using var session = RunspaceFactory.CreateRunspace(state);
        session.Open();
        using var shell = PowerShell.Create(session);
        return CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(offer => offer.CompletionText);
    }

    private static bool IsExcepted(string cmdlet, string parameter) => FilesOfThisMachine.Concat(FreeText)
        .Any(exception => exception == $"-{parameter}" || exception == $"{cmdlet} -{parameter}");

    private static bool IsCompleted(System.Reflection.PropertyInfo parameter) =>
        parameter.IsDefined(typeof(ArgumentCompleterAttribute), inherit: false)
        || parameter.IsDefined(typeof(ArgumentCompletionsAttribute), inherit: false)
        || parameter.IsDefined(typeof(ValidateSetAttribute), inherit: false);
}
