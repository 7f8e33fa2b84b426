using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ScriptTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-script-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_script_knows_where_it_lies_and_its_exit_is_the_processs()
    {
        var script = Write("$PSScriptRoot; $PSCommandPath; exit 9");
        var result = (await HostProcess.RunAsync("-NoModule", "-File", script)).EndedWith(9);
        Assert.Equal([_directory, script], result.Lines);
    }

    [Fact]
    public async Task A_script_needs_no_extension_so_that_it_can_be_a_hook_by_its_first_line()
    {
        var hook = Path.Combine(_directory, "prolog");
        ProgramFile.Write(hook, $"#!/usr/bin/env -S {Repository.Host} -NoModule\nparam([string[]]$Node) \"$($Node.Count)\"; exit 4");
        Assert.Equal("2\n", (await RunningProcess.RunAsync(hook, ["-Node", "a,b"])).EndedWith(4).Output);
    }

    [Fact]
    public async Task An_error_before_it_does_not_change_the_code_of_an_exit()
    {
        (await HostProcess.RunAsync("-NoModule", "-File", Write("Get-NoSuch; exit 0"))).EndedWith(0);
        (await HostProcess.RunAsync("-NoModule", "-File", Write("Get-NoSuch; /bin/sh -c 'exit 3'"))).EndedWith(1);
        (await HostProcess.RunAsync("-NoModule", "-File", Write("/bin/sh -c 'exit 3'"))).EndedWith(0);
    }

    [Fact]
    public async Task The_exit_of_a_script_that_a_script_calls_is_only_its_LASTEXITCODE()
    {
        var inner = Write("exit 5", "inner.ps1");
        var result = (await HostProcess.RunAsync("-NoModule", "-File", Write($"& '{inner}'; \"after $LASTEXITCODE\""))).EndedWith(0);
        Assert.Equal("after 5", result.Output.Trim());
    }

    [Fact]
    public async Task A_script_that_does_not_parse_names_file_and_line_and_runs_nothing()
    {
        var script = Write("'never'\nif (");
        var result = (await HostProcess.RunAsync("-NoModule", "-File", script)).EndedWith(1);
        Assert.Empty(result.Output);
        Assert.Contains($"{script}:2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_arguments_a_script_is_read_from_stdin()
    {
        var result = (await HostProcess.RunWithInputAsync("$a = 20\n$a + 3\nGet-Module PisaHpc | ForEach-Object Name\n")).EndedWith(0);
        Assert.Equal(["23", "PisaHpc"], result.Lines);
        Assert.Equal("5\n", (await HostProcess.RunWithInputAsync("5", "-NoModule", "-Command", "-")).EndedWith(0).Output);
        (await HostProcess.RunWithInputAsync("exit 6", "-NoModule")).EndedWith(6);
    }

    [Fact]
    public async Task A_question_is_an_error_at_once_also_on_a_terminal()
    {
        const string asks = """
            & {
                [CmdletBinding(SupportsShouldProcess, ConfirmImpact='High')] param()
                if ($PSCmdlet.ShouldProcess('node', 'wipe')) { 'wiped' }
            }
            """;
        var piped = (await HostProcess.RunAsync("-NoModule", "-c", asks)).EndedWith(1);
        Assert.Contains("nobody can answer", piped.Error, StringComparison.Ordinal);
        Assert.Contains("-Confirm:$false", piped.Error, StringComparison.Ordinal);
        Assert.Empty(piped.Output);
        var typed = (await HostProcess.RunOnTerminalAsync(["-NoModule", "-c", asks], input: "y\n")).EndedWith(1);
        Assert.Contains("nobody can answer", typed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("wiped", typed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_module_is_found_by_its_variable_too()
    {
        var result = await RunningProcess.RunAsync(
            Repository.Host, ["-c", "(Get-Module PisaHpc).Path"], new Dictionary<string, string?> { ["PISAHPC_MODULE"] = Repository.Root });
        Assert.Equal(Path.Combine(Repository.Root, "PisaHpc.psm1"), result.EndedWith(0).Output.Trim());
    }

    private string Write(string text, string name = "script.ps1")
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
