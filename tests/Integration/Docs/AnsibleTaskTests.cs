using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>The task that about_PisaHpc_Automation shows, run as it stands there by Ansible against this machine.</summary>
[Collection(LabTests.Name)]
public sealed partial class AnsibleTaskTests(LabFixture lab) : IAsyncLifetime
{
    private const string Documented = "Start-HpcJob -Environment debian12 {{ '-WhatIf -PassThru' if ansible_check_mode else '' }}";

    private readonly string _jobId = LabFixture.NewJobId("ansible");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-ansible-");

    private string Other => _jobId + "-b";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _directory.Delete(recursive: true);
        (await PisaHpcAsync($"'{_jobId}', '{Other}' | Stop-HpcJob -GraceSec 0")).EndedWith(0);
        await lab.AssertNothingLeftAsync(_jobId);
        await lab.AssertNothingLeftAsync(Other);
    }

    [Fact]
    public async Task It_changes_what_has_to_change_once_and_a_dry_run_changes_nothing()
    {
        Assert.Equal(1, await ChangedAsync(Documented, "--check"));
        await lab.AssertNothingLeftAsync(_jobId);
        Assert.Equal(1, await ChangedAsync(Documented));
        Assert.Equal(0, await ChangedAsync(Documented));
        Assert.Equal(0, await ChangedAsync(Documented, "--check"));
    }

    [Fact]
    public async Task It_is_right_for_no_object_and_for_several()
    {
        Assert.Equal(0, await ChangedAsync($"Get-JobPort '{_jobId}*' | Stop-HpcJob -GraceSec 0"));
        await StartAsync(_jobId);
        await StartAsync(Other);
        Assert.Equal(1, await ChangedAsync($"Stop-HpcJob '{_jobId}', '{Other}' -GraceSec 0"));
        Assert.Equal(0, await ChangedAsync($"Stop-HpcJob '{_jobId}', '{Other}' -GraceSec 0"));
    }

    [Fact]
    public async Task A_command_that_fails_fails_the_task()
    {
        var run = await PlayAsync("Start-HpcJob -Environment no-such-environment");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("EnvironmentNotFound", run.Output, StringComparison.Ordinal);
    }

    /// <summary>Runs the page's task with its command or another one in its place.</summary>
    /// <returns>How many tasks changed something, as Ansible counts them.</returns>
    private async Task<int> ChangedAsync(string command, params string[] options)
    {
        var run = (await PlayAsync(command, options)).EndedWith(0);
        return int.Parse(ChangedCount().Match(run.Output).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<ProcessResult> PlayAsync(string command, params string[] options)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "about", "about_PisaHpc_Automation.md"));
        var task = page.Split("```yaml\n")[1].Split("```")[0];
        Assert.Contains(Documented, task, StringComparison.Ordinal);
        var playbook = Path.Combine(_directory.FullName, "play.yaml");
        await File.WriteAllTextAsync(
            playbook,
            "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n"
            + string.Concat(task.Replace(Documented, command, StringComparison.Ordinal).Split('\n').Select(line => $"    {line}\n")));
        return await RunningProcess.RunAsync(
            "ansible-playbook", ["-i", "localhost,", playbook, .. options], Environment, patience: TimeSpan.FromMinutes(3));
    }

    private async Task StartAsync(string jobId) =>
        (await PisaHpcAsync($"Get-HpcAllocation -Node o2wn01 -Slot 1 -Owner hpcuser -JobId {jobId} | Start-HpcJob -Environment tiny"))
            .EndedWith(0);

    private Task<ProcessResult> PisaHpcAsync(string command) => RunningProcess.RunAsync(Repository.Host, ["-Command", command], Environment);

    private Dictionary<string, string?> Environment => new()
    {
        ["LSB_JOBID"] = _jobId,
        ["LSB_QUEUE"] = "hpc",
        ["LSFUSER"] = "hpcuser",
        ["LSB_MCPU_HOSTS"] = "o2wn01 1 o2wn02 1",
        ["PATH"] = $"{Path.GetDirectoryName(Repository.Host)}:{System.Environment.GetEnvironmentVariable("PATH")}",
        ["ANSIBLE_LOCAL_TEMP"] = _directory.FullName,
        ["ANSIBLE_HOME"] = _directory.FullName,
        ["ANSIBLE_LOCALHOST_WARNING"] = "False",
        ["ANSIBLE_NOCOLOR"] = "1",
    };

    [GeneratedRegex(@"changed=(\d+)")]
    private static partial Regex ChangedCount();
}
