namespace PisaHpc.Integration.Host;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("1", 0)]
    [InlineData("", 0)]
    [InlineData("throw 'no'", 1)]
    [InlineData("Get-NoSuchCommand", 1)]
    [InlineData("1/0; 2", 1)]
    [InlineData("if (", 1)]
    [InlineData("exit 7", 7)]
    [InlineData("Get-NoSuchCommand; exit 0", 0)]
    [InlineData("try { throw 'caught' } catch { 'fine' }", 0)]
    [InlineData("Get-Module -Name ''  -ErrorAction Ignore", 1)]
    [InlineData("Get-Command no-such -ErrorAction SilentlyContinue", 0)]
    [InlineData("Get-Command no-such 2>$null", 0)]
    [InlineData("Get-Command no-such", 1)]
    public async Task A_command_ends_with_0_only_when_nothing_failed(string command, int exitCode) =>
        (await HostProcess.RunAsync("-NoModule", "-Command", command)).EndedWith(exitCode);

    [Fact]
    public async Task A_failing_native_program_is_no_failure_until_the_script_says_so()
    {
        (await HostProcess.RunAsync("-NoModule", "-c", "/bin/sh -c 'exit 3'; $LASTEXITCODE")).EndedWith(0);
        (await HostProcess.RunAsync("-NoModule", "-c", "/bin/sh -c 'exit 3'; exit $LASTEXITCODE")).EndedWith(3);
        var noisy = (await HostProcess.RunAsync("-NoModule", "-c", "/bin/sh -c 'echo said >&2'")).EndedWith(0);
        Assert.Equal("said\n", noisy.Error);
    }

    [Theory]
    [InlineData("-Unknown", "'-Unknown' is not an option")]
    [InlineData("-Command", "'-Command' lacks its value")]
    [InlineData("-OutputFormat", "'-OutputFormat' lacks its value")]
    public async Task A_command_line_that_is_not_valid_ends_with_2_and_names_the_argument(string argument, string message)
    {
        var result = (await HostProcess.RunAsync(argument)).EndedWith(2);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_script_file_that_does_not_exist_ends_with_2_and_its_path()
    {
        var result = (await HostProcess.RunAsync("-NoModule", "-File", "/no/such.ps1")).EndedWith(2);
        Assert.Contains("/no/such.ps1 does not exist", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_module_that_does_not_exist_ends_with_2_and_its_path()
    {
        var result = await Harness.RunningProcess.RunAsync(
            Harness.Repository.Host, ["-c", "1"], new Dictionary<string, string?> { ["PISAHPC_MODULE"] = "/no/such.psd1" });
        Assert.Contains("/no/such.psd1", result.EndedWith(2).Error, StringComparison.Ordinal);
    }
}
