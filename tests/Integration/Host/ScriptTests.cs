using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class ScriptTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-script-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("", "Build|0|False|2|")]
    [InlineData("Lab -Up -Nodes 4", "Lab|0|True|4|")]
    [InlineData("-Task Test -Node a,b[1,2] --", "Test|2|False|2|")]
    [InlineData("-Up:$false -Node:x", "Build|1|False|2|")]
    [InlineData("-t Lab -n x", "Lab|1|False|2|")]
    public async Task A_scripts_arguments_bind_by_name_position_alias_and_prefix(string line, string expected)
    {
        var script = Write("""
            param([Parameter(Position=0)][string]$Task='Build', [Alias('n')][string[]]$Node=@(), [switch]$Up, [int]$Nodes=2)
            "$Task|$($Node.Count)|$Up|$Nodes|$($args -join ' ')"
            """);
        var result = await HostProcess.RunAsync(["-NoModule", "-File", script, .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(expected, result.EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task A_script_without_parameters_gets_its_arguments_as_they_stand()
    {
        var result = await HostProcess.RunAsync("-NoModule", Write("$args -join '|'"), "-Up", "a,b", "*");
        Assert.Equal("-Up|a,b|*", result.EndedWith(0).Output.Trim());
    }

    [Theory]
    [InlineData("-Missing", "no parameter -Missing")]
    [InlineData("-Nodes", "-Nodes lacks its value")]
    public async Task An_argument_that_fits_nothing_is_an_error_with_its_name(string argument, string message)
    {
        var result = (await HostProcess.RunAsync("-NoModule", "-File", Write("param([int]$Nodes)"), argument)).EndedWith(2);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_of_the_wrong_type_is_an_error_of_the_script()
    {
        var result = (await HostProcess.RunAsync("-NoModule", "-File", Write("param([int]$Nodes)"), "-Nodes", "many")).EndedWith(1);
        Assert.Contains("many", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_knows_where_it_lies_and_its_exit_is_the_processs()
    {
        var script = Write("$PSScriptRoot; $PSCommandPath; exit 9");
        var result = (await HostProcess.RunAsync("-NoModule", "-File", script)).EndedWith(9);
        Assert.Equal([_directory, script], result.Lines);
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
    public async Task A_question_fails_at_once_where_nobody_can_answer()
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
        var unwanted = (await HostProcess.RunOnTerminalAsync(["-NoModule", "-NonInteractive", "-c", asks], input: "y\n")).EndedWith(1);
        Assert.Contains("nobody can answer", unwanted.Output, StringComparison.Ordinal);
        var answered = (await HostProcess.RunOnTerminalAsync(["-NoModule", "-c", asks], input: "y\n")).EndedWith(0);
        Assert.Contains("wiped", answered.Output, StringComparison.Ordinal);
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
