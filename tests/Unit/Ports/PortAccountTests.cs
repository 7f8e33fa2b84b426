using PisaHpc.Ports;
using PisaHpc.Posix;

namespace PisaHpc.Unit.Ports;

/// <summary>
/// An area belongs to the account that leases in it. Another one is told so before it leaves anything that it cannot take away.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class PortAccountTests : IDisposable
{
    private const string Nobody = "65534";
    private readonly TestArea _test = new(40000, 40001);
    private readonly string _witnesses = Directory.CreateTempSubdirectory("pisahpc-witnesses-").FullName;

    /// <summary>The racer's program, where another account reaches it: a checkout in root's home is closed to it.</summary>
    private readonly string _programs = Directory.CreateTempSubdirectory("pisahpc-programs-").FullName;

    public PortAccountTests()
    {
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory, "PortRacer.*").Append(typeof(PortArea).Assembly.Location))
        {
            File.Copy(file, Path.Combine(_programs, Path.GetFileName(file)));
        }

        TestArea.Shell("chmod", "-R", "a+rX", _programs);
    }

    public void Dispose()
    {
        _test.Dispose();
        Directory.Delete(_witnesses, recursive: true);
        Directory.Delete(_programs, recursive: true);
    }

    [RootTheory]
    [InlineData("755", "644", "may not write")]
    [InlineData("1777", "666", "sticky")]
    [InlineData("777", "644", "open")]
    public async Task An_account_that_the_area_does_not_belong_to_is_refused_and_leaves_nothing(string directory, string files, string says)
    {
        TestArea.Shell("chmod", ["-R", files, _test.Path]);
        TestArea.Shell("chmod", directory, _test.Path);

        var said = await SaidAsync("try");

        var refusal = Assert.Single(said, line => line.StartsWith("refused", StringComparison.Ordinal));
        Assert.StartsWith(
            $"refused PortAreaUnusable The port area cannot be used by user id {Nobody}: ", refusal, StringComparison.Ordinal);
        Assert.Contains(says, refusal, StringComparison.Ordinal);
        Assert.EndsWith($"chown -R {Nobody} {_test.Path}.", refusal, StringComparison.Ordinal);
        Assert.Equal(["40000", "40001"], Directory.GetFiles(_test.Path).Select(file => Path.GetFileName(file)).Order());
        Assert.All(Directory.GetFiles(_test.Path), file => Assert.Equal(0, new FileInfo(file).Length));
    }

    [RootTheory]
    [InlineData("755")]
    [InlineData("1777")]
    public async Task The_account_that_the_area_belongs_to_leases_and_gives_back(string directory)
    {
        TestArea.Shell("chown", "-R", Nobody, _test.Path, _witnesses);
        TestArea.Shell("chmod", directory, _test.Path);

        var said = await SaidAsync("take", "release");

        Assert.Contains(said, line => line.StartsWith("leased", StringComparison.Ordinal));
        Assert.Contains("released job-0", said);
        Assert.Equal(2, _test.FoundFree().Count);
    }

    private async Task<IReadOnlyList<string>> SaidAsync(params string[] commands)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var racer = new Racer("job", jobs: 1, _programs, "setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups");
        foreach (var command in commands.Prepend($"in {_test.Path} {_witnesses}"))
        {
            racer.Tell(command);
            await racer.HearAsync(command.Split(' ')[0], isFatal: null, stop.Token);
        }

        return racer.Said;
    }
}

/// <summary>A test that takes another account, which root alone can.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute() => Skip = LinuxFile.Uid != 0 ? "Only root can take another account." : null;
}
