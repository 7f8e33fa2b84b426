using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>The front door, where it decides something: what is counted, and what is refused.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BuildScriptTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-build-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("does not belong to the set", "Deploy")]
    [InlineData("belong to the task Lab, not to Build", "Build", "-Up")]
    [InlineData("exclude each other", "Lab", "-Up", "-Down")]
    [InlineData("exclude each other", "Lab", "-Down", "-Status")]
    [InlineData("-Nodes 4 belongs to -Up. Run: ./build.sh Lab -Up -Nodes 4", "Lab", "-Nodes", "4")]
    [InlineData("-Nodes 4 belongs to -Up", "Lab", "-Down", "-Nodes", "4")]
    [InlineData("less than or equal to 16", "Lab", "-Up", "-Nodes", "17")]
    public async Task What_does_not_fit_is_refused_before_anything_is_done(string message, params string[] arguments)
    {
        var result = await RunningProcess.RunAsync(Path.Combine(Repository.Root, "build.sh"), arguments);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""total="10" executed="7" passed="5" failed="2" """, "5 2 3")]
    [InlineData("""total="4" executed="4" passed="4" failed="0" """, "4 0 0")]
    [InlineData("""total="4" executed="4" passed="2" failed="1" error="1" """, "2 2 0")]
    public async Task Totals_are_read_from_a_results_file(string counters, string expected)
    {
        var file = Write("results.trx", $"<TestRun><ResultSummary><Counters {counters}/></ResultSummary></TestRun>");
        Assert.Equal(expected, await BuildScript.OutputAsync($"$t = Read-TestTotal '{file}'; \"$($t.Passed) $($t.Failed) $($t.Skipped)\""));
    }

    [Fact]
    public async Task A_suite_that_left_no_results_has_passed_nothing() =>
        Assert.Equal("0 0 0", await BuildScript.OutputAsync("$t = Read-TestTotal '/no/such.trx'; \"$($t.Passed) $($t.Failed) $($t.Skipped)\""));

    [Fact]
    public async Task Tests_of_the_face_that_cannot_run_are_counted()
    {
        Write("A.Tests.ps1", "Describe 'a' { It 'one' { }; Context 'b' { It 'two' -ForEach 1, 2 { } } } # It 'three' { }");
        Write("B.Tests.ps1", "Describe 'It is no test' { It 'one' { } }");
        Assert.Equal("3", await BuildScript.OutputAsync($"Measure-PesterTest '{_directory}'"));
    }

    [Theory]
    [InlineData("Test-PwshModule PlatyPS 1.0", "1.0.1", "True")]
    [InlineData("Test-PwshModule PlatyPS 1.0", "1.0", "True")]
    [InlineData("Test-PwshModule PlatyPS 1.0", "0.14.2", "False")]
    [InlineData("Test-PwshModule Pester 5.7", "5.10.0", "True")]
    [InlineData("Test-PwshModule Pester 5.7", "5.6.1", "False")]
    public async Task A_module_of_pwsh_is_found_from_its_least_version_on(string question, string installed, string answer) => Assert.Equal(
        answer,
        await BuildScript.OutputAsync(question, WithPwsh($"function Get-Module {{ @{{ Version = [version] '{installed}' }} }}")));

    [Fact]
    public async Task A_native_program_that_fails_is_named_with_its_arguments_and_its_code()
    {
        var result = await BuildScript.RunAsync("Invoke-Native '/bin/sh' '-c', 'echo why >&2; exit 3'");
        Assert.Contains("why", result.EndedWith(1).Error, StringComparison.Ordinal);
        Assert.Contains("/bin/sh -c echo why >&2; exit 3 ended with exit code 3", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_changes_or_goes_changes_the_state_of_the_sources()
    {
        var file = Write("a.cs", "1");
        var before = await StateAsync();
        Assert.Equal(before, await StateAsync());
        await File.WriteAllTextAsync(file, "22");
        var changed = await StateAsync();
        Assert.NotEqual(before, changed);
        File.Delete(file);
        Assert.NotEqual(changed, await StateAsync());
    }

    private Task<string> StateAsync() => BuildScript.OutputAsync($"Get-SourceState '{_directory}'");

    /// <summary>A PATH with a pwsh of the engine itself, in which something is defined first.</summary>
    private Dictionary<string, string?> WithPwsh(string definition)
    {
        var program = Write("pwsh", $"#!/bin/sh\nfor command; do :; done\nexec {Repository.Host} -NoModule -c \"{definition}; $command\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new() { ["PATH"] = $"{_directory}:{Environment.GetEnvironmentVariable("PATH")}" };
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
