using System.Diagnostics;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.BatchHooks;

/// <summary>A host's file that goes while it is looked at: hosts that share a directory are cleared at once.</summary>
public sealed class HostFileScriptTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-host-files-");

    private string Gone => Path.Combine(_directory.FullName, "gone");

    private string There => Path.Combine(_directory.FullName, "there");

    [Theory]
    [InlineData("sha256sum")]
    [InlineData("stat")]
    public void One_that_goes_as_it_is_looked_at_is_absent_and_the_others_are_told(string goesBefore)
    {
        File.WriteAllText(There, "");
        var (code, output) = RunAsItGoes("BatchHooks/host-files.sh", goesBefore, Gone, There);
        Assert.Equal(0, code);
        Assert.Matches(
            $"\\A{Gone}\tabsent\n{There}\te3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 [0-7]+ [0-9]+\nend\t1\n\\z", output);
    }

    [Fact]
    public void One_that_goes_as_it_is_read_is_not_there() =>
        Assert.Equal((0, "end\t1\n"), RunAsItGoes("BatchHooks/read-host-file.sh", "base64", Gone));

    /// <summary>A file that is there and tells nothing is no file that is not there.</summary>
    [Theory]
    [InlineData("BatchHooks/host-files.sh", "sha256sum")]
    [InlineData("BatchHooks/read-host-file.sh", "base64")]
    public void One_that_cannot_be_read_fails(string script, string program)
    {
        File.WriteAllText(There, "");
        Stand(program, "exit 1");
        Assert.Equal((1, ""), Run(script, There));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private (int Code, string Output) RunAsItGoes(string script, string goesBefore, params string[] paths)
    {
        File.WriteAllText(Gone, "text");
        Stand(goesBefore, $"rm -f {Gone}\nPATH=${{PATH#*:}}\nexec {goesBefore} \"$@\"");
        return Run(script, paths);
    }

    private void Stand(string program, string body) =>
        ProgramFile.Write(Path.Combine(_directory.FullName, program), $"#!/bin/sh\n{body}\n");

    private (int Code, string Output) Run(string script, params string[] paths)
    {
        var path = $"PATH={_directory.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(
            new ProcessStartInfo("env", [path, .. NodeScript.Of(script).Command(paths)]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
