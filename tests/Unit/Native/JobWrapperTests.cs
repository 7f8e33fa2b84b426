using System.Diagnostics;

namespace PisaHpc.Unit.Native;

/// <summary>htcondor-job, which HTCondor runs in place of every job of a site.</summary>
public sealed class JobWrapperTests : IClassFixture<CheckedProgram>, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-wrapper-");

    public JobWrapperTests(CheckedProgram program)
    {
        File.CreateSymbolicLink(PathOf("htcondor-job"), program.Agent);
        ProgramFile.Write(PathOf("htcondor-enter"), "#!/bin/sh\necho enter \"$@\"\n");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("ClusterId = 7\n")]
    [InlineData("PisaHpcEnvironment = \"none\"\n")]
    [InlineData("PisaHpcEnvironment = \"docker-none\"  \n")]
    [InlineData("PisaHpcEnvironment = \"None\"\n")]
    [InlineData("PisaHpcEnvironment = undefined")]
    [InlineData("PisaHpcEnvironments = \"tiny\"\nCmd = \"PisaHpcEnvironment = tiny\"\n")]
    public void A_job_that_asks_for_nothing_has_its_environment_whole(string ad)
    {
        string[] variables = ["BASH_FUNC_module%%=() {  eval `modulecmd bash $*`\n}", "name.with.dots=1", "A=x\ny", "_=/its/own"];
        var expected = Run("env", ["-i", .. Variables(ad, variables), "/usr/bin/env", "-0"]);
        var run = Run("env", ["-i", .. Variables(ad, variables), PathOf("htcondor-job"), "/usr/bin/env", "-0"]);
        Assert.Equal(expected, run);
        Assert.Contains("BASH_FUNC_module%%=", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ClusterId = 7\npisahpcenvironment = \"tiny\"\n")]
    [InlineData("PisaHpcEnvironment=strcat(\"ti\", \"ny\")")]
    public void A_job_that_asks_is_handed_on_with_its_words(string ad) => Assert.Equal(
        (0, "enter job.sh a b\n", ""), Run("env", ["-i", .. Variables(ad), PathOf("htcondor-job"), "job.sh", "a b"]));

    [Fact]
    public void What_cannot_be_run_is_said_to_HTCondor_too()
    {
        var failure = PathOf("failure");
        var (code, _, error) = Run("env", ["-i", $"_CONDOR_WRAPPER_ERROR_FILE={failure}", PathOf("htcondor-job"), "/nonexistent"]);
        Assert.Equal((127, "pisahpc: /nonexistent cannot be run: No such file or directory\n"), (code, error));
        Assert.Equal(error, File.ReadAllText(failure));
        Assert.Equal(64, Run(PathOf("htcondor-job"), []).Code);
    }

    [Theory]
    [InlineData(false, "No such file or directory")]
    [InlineData(true, "Is a directory")]
    public void A_job_whose_ad_cannot_be_read_may_have_asked_and_does_not_run_on_the_host(bool isDirectory, string words)
    {
        if (isDirectory)
        {
            Directory.CreateDirectory(PathOf("ad"));
        }

        var failure = PathOf("failure");
        var (code, output, error) = Run(
            "env", ["-i", $"_CONDOR_WRAPPER_ERROR_FILE={failure}", .. Variables(null), PathOf("htcondor-job"), "/bin/echo", "never"]);
        Assert.Equal((126, "", $"pisahpc: {PathOf("ad")} cannot be read: {words}\n"), (code, output, error));
        Assert.Equal(error, File.ReadAllText(failure));
        Assert.Equal((0, "alone\n", ""), Run("env", ["-i", PathOf("htcondor-job"), "/bin/echo", "alone"]));
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private string[] Variables(string? ad, params IEnumerable<string> more)
    {
        if (ad is not null)
        {
            File.WriteAllText(PathOf("ad"), ad);
        }

        return [.. more, $"_CONDOR_JOB_AD={PathOf("ad")}"];
    }

    private static (int Code, string Output, string Error) Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
