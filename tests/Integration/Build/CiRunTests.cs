using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>.ci/run in a checkout whose test command and lab are stand-ins.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CiRunTests : IDisposable
{
    private const string EndsWhenItsTestsDo = """
        (trap 'echo a test ended; exit' TERM; echo a test runs; sleep infinity & wait) &
        trap 'wait; echo the tests ended; exit 1' TERM
        wait
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("pisahpc-ci-").FullName;

    public CiRunTests()
    {
        Write("lab/lab.sh", "echo \"the lab goes $1\"");
        Write("lab/tests/lifecycle.sh", "echo \"the second lab goes $1\"");
        Directory.CreateDirectory(Path.Combine(_root, ".ci"));
        ProgramFile.Write(Path.Combine(_root, ".ci", "run"), File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run")));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_totals_are_the_last_line_and_the_exit_code_is_the_tests()
    {
        Write("build.sh", "echo one test; echo '3 passed, 1 failed, 2 skipped'; echo done >&2; exit 7");
        var result = await RunningProcess.RunAsync(Path.Combine(_root, ".ci", "run"), []);
        Assert.Equal(
            ["one test", "done", "the lab goes down", "the second lab goes down", "3 passed, 1 failed, 2 skipped"],
            result.EndedWith(7).Lines);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_signal_ends_the_tests_and_then_the_lab_goes_down(string signal, int exitCode)
    {
        Write("build.sh", EndsWhenItsTestsDo);
        using var run = RunningProcess.Start(Path.Combine(_root, ".ci", "run"), []);
        await run.SaysAsync("a test runs");
        await run.SignalAsync(signal);
        Assert.Equal(
            ["a test runs", "a test ended", "the tests ended", "the lab goes down", "the second lab goes down"],
            (await run.EndAsync()).EndedWith(exitCode).Lines);
    }

    private void Write(string name, string script)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        ProgramFile.Write(path, "#!/bin/bash\n" + script);
    }
}
