using PisaHpc.Integration.Batch;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>The examples of the help pages run as they stand, a page's one after another, as a reader tries them.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class PageExampleTests(LabFixture lab) : IAsyncLifetime
{
    /// <summary>They change the machine or the registry: their own tests show them on trees and registries that they make.</summary>
    private static readonly string[] OfTheMachine =
    [
        "Import-HpcImage", "Publish-HpcImage", "Update-HpcImage", "Initialize-HpcNode",
        "Install-HpcBatchHook", "Test-HpcBatchHook", "Uninstall-HpcBatchHook", "Compare-HpcEnvironment", "Export-HpcKnownHost",
        "Sync-HpcEnvironment", "Export-HpcMetric", "Export-HpcReport", "New-HpcSite",
    ];

    /// <summary>They want a terminal, or files that the reader has: their own tests have these.</summary>
    private static readonly string[] OfTheReader = ["Copy-HpcContainerItem", "Enter-HpcContainer", "Invoke-ContainerCommand"];

    private readonly string _family = LabFixture.NewJobId("docs");

    /// <summary>
    /// Where the reader is: what examples write by a relative path lies there, and not in the checkout, of which they read one file.
    /// </summary>
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("pisahpc-examples-");

    private string ByHand => _family + "-a";

    private string OfLsf => _family + "-b";

    private string Records => Path.Combine(lab.State.Shared, _family);

    private string StaticSiteFile => Records + "-static.yaml";

    private string HostKeys => $"/var/lib/pisahpc-lab/static-{_family}";

    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "cmdlets"), "*-*.md")
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Except(OfTheMachine)
            .Except(OfTheReader)
            .Order(StringComparer.Ordinal)
    ];

    public Task InitializeAsync()
    {
        const string example = "docs/site.example.yaml";
        _place.CreateSubdirectory("docs");
        File.Copy(Path.Combine(Repository.Root, example), Path.Combine(_place.FullName, example));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _place.Delete(recursive: true);
        await StopAsync();
        await lab.AssertNothingLeftAsync(ByHand);
        await lab.AssertNothingLeftAsync(OfLsf);
        if (File.Exists(StaticSiteFile))
        {
            (await RunAsync("Stop-HpcContainer -Static cs7 -GraceSec 0", StaticSiteFile)).EndedWith(0);
            (await RunningProcess.RunAsync("rm", ["-rf", HostKeys])).EndedWith(0);
            File.Delete(StaticSiteFile);
        }

        if (Directory.Exists(Records))
        {
            Directory.Delete(Records, recursive: true);
            File.Delete(Records + ".yaml");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Examples_run(string page)
    {
        await using var ofSlurm = page is "Get-HpcAllocation" ? await SlurmJob.SubmitAsync(lab, "--ntasks=56") : null;
        await (ofSlurm?.EnvironmentAsync() ?? Task.CompletedTask);
        // -Watch draws on a terminal, which WatchTests has.
        var examples = from example in PageExamples.Of(page, ofSlurm?.Id ?? ByHand, _family + "*")
                       where !example.Code.Contains(" -Watch", StringComparison.Ordinal)
                       select Typed(page, example.Title, example.Code);
        var site = page is "Get-HpcJob" or "Export-HpcTrace" ? LabSite.Of(lab).Recording(Records).WriteTo(Records + ".yaml")
            : OfStatic(page) ? StaticSite()
            : lab.State.Site;
        var end = await RunAsync(string.Join('\n', Stage(page).Concat(examples)), site);
        Assert.True(end.ExitCode == 0, $"{page}: exit code {end.ExitCode}\n{end.Output}\n{end.Error}");
        Assert.All(
            end.Lines.Where(IsOfAView),
            line => Assert.True(line.Length <= 120, $"{page}: {line.Length} columns: {line}\n{end.Output}"));
    }

    /// <summary>An example as one types it at a prompt: it has a view of its own. What it needs to be free is made so before.</summary>
    private string Typed(string page, string title, string code)
    {
        var before = page switch
        {
            "Start-HpcJob" => Stopping,
            "Start-HpcContainer" or "New-HpcContainerPlan" => "Get-HpcAllocation | Get-HpcContainer | Stop-HpcContainer -GraceSec 0",
            _ => "",
        };
        // What a check ends with is worth what others have there, and the examples behind it are to run.
        code = code.Replace("exit $", "$null = $", StringComparison.Ordinal);
        return $"'{title.Replace("'", "''", StringComparison.Ordinal)}'\n{before}\n& {{\n{code}\n}} | Out-Host";
    }

    private static bool OfStatic(string page) => page is "Start-HpcContainer" or "Stop-HpcContainer" or "Restart-HpcContainer"
        or "Get-HpcContainer" or "Get-HpcContainerLog" or "Wait-HpcContainer" or "New-HpcContainerPlan" or "Test-HpcContainer";

    /// <summary>
    /// PowerShell's own sentence, a line for monitoring, a finding as a text, and lines that name a file of the checkout or of the reader,
    /// are as long as they have to be.
    /// </summary>
    private bool IsOfAView(string line) => !line.StartsWith("What if: ", StringComparison.Ordinal)
        && !line.StartsWith("PISAHPC ", StringComparison.Ordinal)
        && !line.StartsWith("o2wn01 pisahpc-", StringComparison.Ordinal) && !line.StartsWith("o2wn02 pisahpc-", StringComparison.Ordinal)
        && !line.Contains(Repository.Root, StringComparison.Ordinal)
        && !line.Contains(_place.FullName, StringComparison.Ordinal);

    /// <summary>
    /// Raises the jobs that a page's examples speak of: the one by its id, and the one that the batch system's environment names.
    /// </summary>
    private IEnumerable<string> Stage(string page)
    {
        yield return $"Set-Location '{_place}'";
        if (page == "Export-HpcTrace")
        {
            Directory.CreateDirectory(Records);
        }

        var environment = page == "Invoke-ContainerMpi" ? "debian12" : "tiny";
        if (page is "Get-HpcContainer" or "Get-HpcContainerLog" or "Get-HpcJob" or "Get-HpcNode" or "Get-JobPort" or "Get-JobSshConfig"
            or "Invoke-ContainerMpi" or "Invoke-HpcJob" or "Remove-JobPort" or "Remove-JobSshConfig" or "Stop-HpcContainer" or "Stop-HpcJob"
            or "Measure-HpcContainer" or "Wait-HpcContainer" or "Wait-HpcJob" or "Test-HpcContainer" or "Export-HpcTrace")
        {
            var allocate = $"Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 4, 3 -Owner hpcuser -JobId {ByHand}";
            yield return $"{allocate} | Start-HpcJob -Environment {environment} | Out-Host";
        }

        if (OfStatic(page) && page != "Start-HpcContainer")
        {
            yield return "Start-HpcContainer -Static cs7 | Out-Host";
        }

        if (page is "Get-JobPort" or "Get-JobSshConfig" or "Remove-JobPort" or "Remove-JobSshConfig" or "Stop-HpcJob")
        {
            yield return $"Start-HpcJob -Environment {environment} | Out-Host";
        }
    }

    private string Stopping => $"'{ByHand}', '{OfLsf}' | Stop-HpcJob -GraceSec 0";

    private async Task StopAsync() => (await RunAsync(Stopping, lab.State.Site)).EndedWith(0);

    /// <summary>The lab's site, where it declares the static environment of the pages.</summary>
    private string StaticSite() => LabSite.Of(lab)
        .With("static: { cs7: { environment: tiny, nodes: 'o2wn[01-02]', port: 2201 } }")
        .With($"staticDirectory: '{HostKeys}/{{node}}'")
        .WriteTo(StaticSiteFile);

    private Task<ProcessResult> RunAsync(string code, string site) => RunningProcess.RunAsync(
        Repository.Host,
        ["-Command", code],
        new Dictionary<string, string?>
        {
            ["PISAHPC_SITE"] = site,
            ["LSB_JOBID"] = OfLsf,
            ["LSB_QUEUE"] = "hpc",
            ["LSFUSER"] = "hpcuser",
            ["LSB_MCPU_HOSTS"] = "o2wn01 4 o2wn02 3",
        });
}
