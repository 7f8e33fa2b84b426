using System.Diagnostics;
using System.Globalization;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>Trees and tars become images of a real engine, whole or not at all.</summary>
[Collection(LabTests.Name)]
public sealed class ImportHpcImageTests : IAsyncLifetime, IDisposable
{
    private const string Import =
        "param($Path, $Name, $Node) "
        + "Import-HpcImage $Path -Name $Name -Node $Node -Change 'CMD [\"/bin/busybox\", \"sleep\", \"1000\"]'";

    private readonly HostedRunspace _runspace = new();
    private readonly TryImages _images;
    private TryTree _tree = null!;

    public ImportHpcImageTests(LabFixture lab) => _images = new TryImages(lab.Nodes[1]);

    private object Parameters => new { _tree.Path, _images.Name, Node = _images.Node.Name };

    public async Task InitializeAsync() => _tree = await TryTree.CreateAsync();

    public void Dispose() => _runspace.Dispose();

    public async Task DisposeAsync()
    {
        await _tree.DisposeAsync();
        await _images.DisposeAsync();
    }

    [Fact]
    public async Task A_container_has_what_the_tree_had()
    {
        await _tree.MountAsync();
        var imported = Imported(_runspace.Run(Import, Parameters));
        Assert.True(imported.Changed);
        Assert.Equal(await _images.InspectAsync("{{.Id}} {{index .RootFS.Layers 0}}"), $"{imported.Id} {imported.LayerDigest}");
        var container = (await _images.Node.DockerAsync("run", "--detach", _images.Name)).EndedWith(0).Output.Trim();
        try
        {
            var id = (await _images.Node.DockerAsync("inspect", "--format", "{{.State.Pid}}", container)).EndedWith(0).Output.Trim();
            TreeComparison.AssertSame(_tree, _images.Node.PathOf($"/proc/{id}/root"));
            var linked = await _images.Node.DockerAsync("exec", container, "/bin/busybox", "cat", "/etc/motd.linked");
            Assert.Equal("hello\n", linked.EndedWith(0).Output);
        }
        finally
        {
            await _images.Node.DockerAsync("rm", "--force", container);
        }
    }

    [Fact]
    public async Task The_image_tells_where_it_came_from()
    {
        var imported = Imported(_runspace.Run(Import, Parameters));
        string[] labels = ["source", "host", "tree-digest", "tool"];
        var told = await _images.InspectAsync(string.Join('|', labels.Select(label => $"{{{{index .Config.Labels \"pisahpc.image.{label}\"}}}}")));
        Assert.Equal(string.Join('|', _tree.Path, Environment.MachineName, imported.TreeDigest, imported.Tool), told);
        Assert.Equal("[/bin/busybox sleep 1000]", await _images.InspectAsync("{{.Config.Cmd}}"));
        Assert.InRange(imported.ImportedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task What_did_not_change_is_not_imported_again()
    {
        var first = Imported(_runspace.Run(Import, Parameters));
        var second = Imported(_runspace.Run(Import, Parameters));
        Assert.Equal(first with { Changed = false, DurationSec = 0 }, second);

        await File.AppendAllTextAsync(_tree.Of("etc/motd"), "more\n");
        var third = Imported(_runspace.Run(Import, Parameters));
        Assert.True(third.Changed);
        Assert.NotEqual((first.Id, first.LayerDigest, first.TreeDigest), (third.Id, third.LayerDigest, third.TreeDigest));

        var forced = Imported(_runspace.Run(Import + " -Force", Parameters));
        Assert.Equal((true, third.LayerDigest), (forced.Changed, forced.LayerDigest));
        var otherwise = Imported(_runspace.Run(Import + ", 'ENV A=b'", Parameters));
        Assert.True(otherwise.Changed);
        Assert.Equal("[A=b]", await _images.InspectAsync("{{.Config.Env}}"));
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task A_tar_becomes_the_image_that_the_engine_itself_makes_of_it(string compressor)
    {
        var tar = _tree.Path + ".tar";
        (await RunningProcess.RunAsync("tar", ["--xattrs", "--xattrs-include=*", "-C", _tree.Path, "-cf", tar, "."])).EndedWith(0);
        (await RunningProcess.RunAsync("sh", ["-c", "\"$1\" < \"$2\" > \"$2.packed\"", "sh", compressor, tar])).EndedWith(0);
        var own = (await _images.Node.DockerAsync("import", tar, _images.Name)).EndedWith(0);
        var layer = await _images.InspectAsync("{{index .RootFS.Layers 0}}", own.Output.Trim());
        var file = Imported(_runspace.Run(
            "param($Path, $Name, $Site) Import-HpcImage $Path -Name $Name -Site $Site", new { Path = tar + ".packed", _images.Name, Site = _images.LocalSite }));
        Assert.Equal((layer, tar + ".packed", Environment.MachineName), (file.LayerDigest, file.Source, file.Node));
        Assert.False(Imported(_runspace.Run(
            "param($Path, $Name, $Site) Import-HpcImage $Path -Name $Name -Site $Site", new { Path = tar + ".packed", _images.Name, Site = _images.LocalSite })).Changed);

        await using var stream = File.OpenRead(tar + ".packed");
        var streamed = Imported(_runspace.Run(
            "param($Stream, $Name, $Site) Import-HpcImage -Stream $Stream -Name $Name -Site $Site", new { Stream = stream, _images.Name, Site = _images.LocalSite }));
        Assert.Equal((true, layer, "-"), (streamed.Changed, streamed.LayerDigest, streamed.Source));
    }

    [Fact]
    public async Task Ctrl_C_leaves_no_image_and_no_program()
    {
        await MakeEndlessAsync();
        using var stop = new CancellationTokenSource();
        var running = _runspace.RunAsync(Import, Parameters, stop.Token);
        await UntilAsync(() => Readers().Count > 0);
        await stop.CancelAsync();
        Assert.True((await running).Stopped);
        Assert.Empty(Readers());
        Assert.Null(await _images.InspectAsync("{{.Id}}"));
        Assert.Equal(0, await _images.CountAsync(_tree.Path));
    }

    [Fact]
    public async Task A_caller_that_is_killed_leaves_none_either()
    {
        await MakeEndlessAsync();
        using var host = RunningProcess.Start(
            Repository.Host, ["-Command", $"Import-HpcImage '{_tree.Path}' -Name {_images.Name} -Node {_images.Node.Name}"]);
        await UntilAsync(() => Readers().Count > 0);
        await host.SignalAsync("KILL");
        await UntilAsync(() => Readers().Count == 0);
        Assert.Equal(0, await _images.CountAsync(_tree.Path));
        Assert.Null(await _images.InspectAsync("{{.Id}}"));
    }

    [Fact]
    public async Task One_that_takes_too_long_is_an_error_and_leaves_nothing()
    {
        await MakeEndlessAsync();
        var run = _runspace.Run(Import + " -TimeoutSec 3", Parameters);
        Assert.Equal(_images.Node.Name, run.Failed("ImageImportFailed").TargetObject);
        Assert.Empty(Readers());
        Assert.Null(await _images.InspectAsync("{{.Id}}"));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(2000)]
    public async Task A_full_disk_is_told_as_one_however_much_is_still_to_come_and_leaves_nothing(int megabytes)
    {
        await using (var large = File.Create(_tree.Of("large")))
        {
            large.SetLength((long)megabytes << 20);
        }

        await using var engine = await SmallEngine.StartAsync(_images.Node, 32);
        var run = _runspace.Run("param($Path, $Name, $Site) Import-HpcImage $Path -Name $Name -Site $Site", new { _tree.Path, _images.Name, engine.Site });
        Assert.Contains("no space left on device", run.Failed("DiskFull").ToString(), StringComparison.Ordinal);
        Assert.Empty(Readers());
        Assert.Equal("", (await engine.DockerAsync("image", "ls", "--all", "--quiet")).EndedWith(0).Output);
        (await _images.Node.RunAsync("ip", "link", "show", "docker0")).EndedWith(0);
    }

    [Fact]
    public async Task Memory_stays_flat_however_large_the_tree_is()
    {
        await using (var large = File.Create(_tree.Of("large")))
        {
            large.SetLength(1L << 30);
        }

        var script = $"Import-HpcImage '{_tree.Path}' -Name {_images.Name} -Site {_images.LocalSite}; [Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64";
        var host = (await RunningProcess.RunAsync(Repository.Host, ["-Command", script])).EndedWith(0);
        Assert.InRange(long.Parse(host.Lines[^1], CultureInfo.InvariantCulture), 1, 200_000_000);
        Assert.InRange(long.Parse((await _images.InspectAsync("{{.Size}}"))!, CultureInfo.InvariantCulture), 1L << 30, 2L << 30);
    }

    [Fact]
    public async Task WhatIf_says_what_would_be_and_does_nothing()
    {
        var predicted = Imported(_runspace.Run(Import + " -WhatIf -PassThru", Parameters));
        Assert.Equal((true, "", null, _tree.Path), (predicted.Changed, predicted.Id, predicted.LayerDigest, predicted.Source));
        Assert.Null(await _images.InspectAsync("{{.Id}}"));
    }

    [Fact]
    public void Several_come_from_the_pipeline_and_one_that_fails_stops_no_other()
    {
        var run = _runspace.Run(
            """
            param($Path, $Name, $Node)
            [pscustomobject]@{ Path = '/no/such/tree'; Name = $Name }, [pscustomobject]@{ Path = $Path; Name = $Name } | Import-HpcImage -Node $Node
            """,
            Parameters);
        Assert.Equal("/no/such/tree", run.Failed("ImageSourceMissing").TargetObject);
        Assert.Equal(_tree.Path, Image.Of(Assert.Single(run.Objects)).Source);
    }

    [Fact]
    public void A_name_that_is_wrong_stops_no_other_either()
    {
        var run = _runspace.Run(
            """
            param($Path, $Name, $Node)
            [pscustomobject]@{ Path = $Path; Name = 'Pisa/HPC' }, [pscustomobject]@{ Path = $Path; Name = $Name } | Import-HpcImage -Node $Node
            """,
            Parameters);
        Assert.Equal("Pisa/HPC", run.Failed("InvalidValue").TargetObject);
        Assert.True(Image.Of(Assert.Single(run.Objects)).Changed);
    }

    [Theory]
    [InlineData("-Change 'COPY a b'", "InvalidValue")]
    [InlineData("-Exclude /", "InvalidValue")]
    [InlineData("-Name 'Pisa/HPC'", "InvalidValue")]
    [InlineData("-Node 'o2wn[01-02]'", "InvalidValue")]
    [InlineData("-Node no-such-node", "NodeUnreachable")]
    [InlineData("-Path /etc/passwd", "ImageSourceInvalid")]
    public async Task What_is_wrong_is_told_with_its_id(string parameter, string id)
    {
        var arguments = $"Import-HpcImage -Path '{_tree.Path}' -Name {_images.Name} -Node {_images.Node.Name} ";
        var name = parameter.Split(' ')[0];
        var line = arguments.Contains(name, StringComparison.Ordinal)
            ? System.Text.RegularExpressions.Regex.Replace(arguments, $"{name} \\S+ ", parameter + " ")
            : arguments + parameter;
        Assert.Equal(id, Assert.Single(_runspace.Run(line).ErrorIds));
        Assert.Null(await _images.InspectAsync("{{.Id}}"));
    }

    [Fact]
    public void Progress_tells_bytes_files_and_goes_away()
    {
        var progress = _runspace.Run(Import, Parameters).Progress;
        Assert.Contains(progress, record => record.StatusDescription.Contains("files", StringComparison.Ordinal) && record.PercentComplete >= 0);
        Assert.Equal(System.Management.Automation.ProgressRecordType.Completed, progress[^1].RecordType);
    }

    private static Image Imported(RunResult run) => Image.Of(run.Single());

    private async Task MakeEndlessAsync()
    {
        await using var endless = File.Create(_tree.Of("endless"));
        endless.SetLength(1L << 40);
    }

    private List<string> Readers() =>
    [
        .. from directory in Directory.EnumerateDirectories("/proc")
           where int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out _)
           let command = CommandOf(directory)
           where command.StartsWith("tar\0", StringComparison.Ordinal) && command.Contains($"--directory={_tree.Path}", StringComparison.Ordinal)
           select command,
    ];

    private static string CommandOf(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(30), "What was waited for did not come in 30 s.");
            await Task.Delay(20);
        }
    }

    /// <summary>What the cmdlet put out, as a script reads it.</summary>
    private sealed record Image(
        bool Changed, string Node, string Id, string? LayerDigest, string? TreeDigest, string Source, string Tool, DateTimeOffset ImportedAt, double DurationSec)
    {
        public static Image Of(dynamic value) => new(
            value.Changed, value.Node, value.Id, value.LayerDigest, value.TreeDigest, value.Source, value.Tool, value.ImportedAt, value.DurationSec);
    }
}
