using System.Text.Json;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>The playbooks that about_PisaHpc_Ansible shows, as they stand there, run by Ansible against this machine.</summary>
[Collection(LabTests.Name)]
public sealed class AnsibleTests(LabFixture lab) : IAsyncLifetime
{
    private const string AnyCmdlet = "Update-HpcImage {{ '-WhatIf -PassThru' if ansible_check_mode else '' }}";

    private static readonly string[] Blocks =
    [
        .. File.ReadAllText(Path.Combine(Repository.Root, "docs", "about", "about_PisaHpc_Ansible.md"))
            .Split("```yaml\n").Skip(1).Select(block => block.Split("```")[0]),
    ];

    private readonly string _jobId = LabFixture.NewJobId("ansible");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-ansible-");

    private static string Library => Path.Combine(Repository.Root, "contrib", "ansible", "library");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _directory.Delete(recursive: true);
        (await RunningProcess.RunAsync(Repository.Host, ["-Command", $"Stop-HpcJob '{_jobId}' -GraceSec 0"])).EndedWith(0);
        await lab.AssertNothingLeftAsync(_jobId);
    }

    [Fact]
    public async Task A_job_is_started_runs_and_is_stopped_and_each_is_changed_once()
    {
        var (start, stop) = (Blocks[0], Blocks[1]);
        var dry = (await PlayAsync(start, "--check", "--diff")).EndedWith(0).Output;
        Assert.Contains("changed=1 ", dry, StringComparison.Ordinal);
        Assert.Contains("-    \"state\": \"stopped\"", dry, StringComparison.Ordinal);
        Assert.Contains("+    \"environment\": \"debian12\"", dry, StringComparison.Ordinal);
        Assert.Contains("+        \"o2wn01: 2\"", dry, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(_jobId);

        Assert.Contains("ok=3    changed=2 ", (await PlayAsync(start)).EndedWith(0).Output, StringComparison.Ordinal);
        var again = (await PlayAsync(start, "--diff")).EndedWith(0).Output;
        Assert.Contains("\nok: [localhost]", After("The environment is started", again), StringComparison.Ordinal);
        Assert.DoesNotContain("+++", again, StringComparison.Ordinal);
        var over = (await PlayAsync(stop, "--check", "--diff")).EndedWith(0).Output;
        Assert.Contains("changed=1 ", over, StringComparison.Ordinal);
        Assert.Contains("+    \"state\": \"stopped\"", over, StringComparison.Ordinal);
        Assert.Contains("changed=1 ", (await PlayAsync(stop)).EndedWith(0).Output, StringComparison.Ordinal);
        Assert.Contains("changed=0 ", (await PlayAsync(stop)).EndedWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_runs_already_as_another_than_the_task_asks_for_is_left_and_the_differences_are_told()
    {
        var start = Blocks[0][..Blocks[0].IndexOf("    - name: Its ranks run", StringComparison.Ordinal)];
        Assert.Contains("\"differences\": []", (await PlayAsync(start, "-v")).EndedWith(0).Output, StringComparison.Ordinal);

        var other = start.Replace("slot: [ 2, 1 ]", "slot: [ 1, 1 ]", StringComparison.Ordinal);
        foreach (var options in (string[][])[["-v"], ["-v", "--check"]])
        {
            var run = (await PlayAsync(other, options)).EndedWith(0);
            Assert.Contains("changed=0 ", run.Output, StringComparison.Ordinal);
            Assert.Contains("\"differences\": [\"slots o2wn01*2 o2wn02*1, not o2wn[01-02]*1\"]", run.Output, StringComparison.Ordinal);
            Assert.Contains("[WARNING]", run.Output + run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_failure_shows_its_id_and_the_next_step()
    {
        var run = (await PlayAsync(Blocks[0], "-e", "environment_name=no-such")).EndedWith(2).Output;
        Assert.Contains("\"error_id\": \"EnvironmentNotFound\"", run, StringComparison.Ordinal);
        Assert.Contains("\"msg\": \"EnvironmentNotFound: ", run, StringComparison.Ordinal);
        var step = run[run.IndexOf("\"recommended_action\"", StringComparison.Ordinal)..];
        Assert.Contains("Get-HpcEnvironment", step, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_task_of_any_other_cmdlet_is_right_for_no_object_for_one_and_for_several()
    {
        var (one, other) = (_jobId + "-a", _jobId + "-b");
        (string Command, string Outcome)[] tasks =
        [
            ($"Get-JobPort '{_jobId}*' | Remove-JobPort", "ok"),
            ($"New-JobPort '{one}' -Owner hpcuser; New-JobPort '{other}' -Owner hpcuser", "changed"),
            ($"New-JobPort '{one}' -Owner hpcuser; New-JobPort '{other}' -Owner hpcuser", "ok"),
            ($"Remove-JobPort '{one}'", "changed"),
            ($"Remove-JobPort '{one}', '{other}'", "changed"),
            ($"Remove-JobPort '{one}'", "ok"),
        ];
        Assert.Contains(AnyCmdlet, Blocks[2], StringComparison.Ordinal);
        var play = "- hosts: all\n  gather_facts: false\n  tasks:\n" + string.Concat(tasks.Select((task, i) =>
            Blocks[2].Replace(AnyCmdlet, task.Command, StringComparison.Ordinal)
                .Replace("The images are the site's", $"task {i}.", StringComparison.Ordinal)
                .TrimEnd().Split('\n').Aggregate("", (text, line) => $"{text}    {line}\n")));
        var run = (await PlayAsync(play)).EndedWith(0).Output;
        Assert.All(tasks.Index(), task =>
            Assert.StartsWith($"{task.Item.Outcome}:", After($"task {task.Index}.", run).TrimStart('\n'), StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_module_has_a_page_of_its_own()
    {
        var page = await RunningProcess.RunAsync("ansible-doc", ["-t", "module", "-M", Library, "-j", "pisahpc_job"], Environment);
        using var shown = JsonDocument.Parse(page.EndedWith(0).Output);
        var options = shown.RootElement.GetProperty("pisahpc_job").GetProperty("doc").GetProperty("options");
        Assert.Equal("started", options.GetProperty("state").GetProperty("default").GetString());
    }

    /// <summary>What is said of a task, below its line.</summary>
    private static string After(string task, string output) =>
        output[output.IndexOf(task, StringComparison.Ordinal)..].Split('\n', 2)[1];

    private async Task<ProcessResult> PlayAsync(string text, params string[] options)
    {
        var playbook = Path.Combine(_directory.FullName, "play.yaml");
        await File.WriteAllTextAsync(playbook, text);
        string[] values = ["-e", $"job_id={_jobId}", "-e", "program=/opt/pisahpc-lab/bin/mpi-hello-openmpi"];
        return await RunningProcess.RunAsync(
            "ansible-playbook", ["-i", "localhost,", "-c", "local", playbook, .. values, .. options], Environment);
    }

    private Dictionary<string, string?> Environment => new()
    {
        ["PATH"] = $"{Path.GetDirectoryName(Repository.Host)}:{System.Environment.GetEnvironmentVariable("PATH")}",
        ["ANSIBLE_LIBRARY"] = Library,
        ["ANSIBLE_LOCAL_TEMP"] = _directory.FullName,
        ["ANSIBLE_HOME"] = _directory.FullName,
        ["ANSIBLE_LOCALHOST_WARNING"] = "False",
        ["ANSIBLE_NOCOLOR"] = "1",
    };
}
