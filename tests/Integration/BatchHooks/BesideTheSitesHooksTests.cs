using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>The hooks on a Slurm whose site has a prolog directory, an epilog and a job_submit.lua of its own.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class BesideTheSitesHooksTests(SlurmOfASite site) : IClassFixture<SlurmOfASite>
{
    [Fact]
    public async Task The_sites_own_hooks_are_called_as_before_its_prolog_first_and_its_epilog_last()
    {
        var job = await HookedJob.SubmitAsync(
            site.Slurm, "#!/bin/sh\necho runs\nsleep 600\n", "--comment=docker-tiny", "--nodes=2", "--ntasks=2", "--nodelist=o2wn01,o2wn02");
        await job.SaysAsync("runs");
        Assert.Equal("theirs", await job.FieldAsync("AdminComment"));
        Assert.Equal(2, (await job.ContainersAsync()).Count);
        await job.CancelAsync();
        await job.EndAsync();
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
        var said = site.Said(job.Id);
        Assert.Contains("prolog o2wn01, no container yet", said);
        Assert.Contains("epilog o2wn01, no container any more", said);
        Assert.Contains("epilog o2wn02, no container any more", said);
    }

    [Fact]
    public void Each_line_of_the_sites_is_still_there()
    {
        var text = File.ReadAllText(site.Slurm.Configuration);
        Assert.Contains($"Prolog={site.Scripts}/prolog.d/*.sh\n", text, StringComparison.Ordinal);
        Assert.Contains(
            $"#PisaHpc was: epilog = {site.Scripts}/epilog.sh   # theirs\nepilog=/usr/lib/pisahpc/slurm-epilog.d/* # PisaHpc:",
            text,
            StringComparison.Ordinal);
        Assert.Contains("#PisaHpc was: PrologFlags=Alloc\nPrologFlags=Alloc,Contain,DeferBatch # PisaHpc:", text, StringComparison.Ordinal);
        Assert.True(File.Exists($"{site.Scripts}/prolog.d/00-pisahpc.sh"));
        var lua = File.ReadAllText(site.JobSubmit).Split('\n');
        Assert.Equal(("return slurm.SUCCESS", "-- PisaHpc"), (lua[^2], lua[^3][^10..]));
    }
}

/// <summary>A Slurm that has hooks of its site's own.</summary>
public sealed class SlurmOfASite : IAsyncLifetime, IDisposable
{
    private const string Lua = """
        function slurm_job_submit(job, partitions, uid)
            job.admin_comment = "theirs"
            return slurm.SUCCESS
        end

        function slurm_job_modify(changes, job, partitions, uid)
            return slurm.SUCCESS
        end

        return slurm.SUCCESS

        """;

    private byte[] _original = [];

    public SlurmOfASite() => Slurm = new HookedSlurm(_ => PrepareAsync(), _ => RestoreAsync());

    /// <summary>It, with our hooks.</summary>
    public HookedSlurm Slurm { get; }

    /// <summary>The directory of the site's scripts, which all nodes have.</summary>
    public string Scripts => Path.Combine(Slurm.Lab.State.Shared, "site-hooks");

    /// <summary>The site's job_submit.lua.</summary>
    public string JobSubmit => Path.Combine(Path.GetDirectoryName(Slurm.Configuration)!, "job_submit.lua");

    /// <summary>What the site's hooks said of a job.</summary>
    public IReadOnlyList<string> Said(string job) => File.ReadAllLines(Path.Combine(Scripts, "log." + job));

    public Task InitializeAsync() => Slurm.InitializeAsync();

    public Task DisposeAsync() => Slurm.DisposeAsync();

    public void Dispose() => Slurm.Dispose();

    private async Task PrepareAsync()
    {
        Directory.CreateDirectory(Path.Combine(Scripts, "prolog.d"));
        WriteScript("prolog.d/50-theirs.sh", "prolog", "no container yet");
        WriteScript("epilog.sh", "epilog", "no container any more");
        _original = await File.ReadAllBytesAsync(Slurm.Configuration);
        await File.AppendAllTextAsync(
            Slurm.Configuration, $"Prolog={Scripts}/prolog.d/*.sh\nepilog = {Scripts}/epilog.sh   # theirs\nPrologFlags=Alloc\n");
        await File.WriteAllTextAsync(JobSubmit, Lua);
    }

    private async Task RestoreAsync()
    {
        Assert.Equal(Lua, await File.ReadAllTextAsync(JobSubmit));
        Assert.Equal(["50-theirs.sh"], Directory.EnumerateFiles(Path.Combine(Scripts, "prolog.d")).Select(Path.GetFileName));
        await File.WriteAllBytesAsync(Slurm.Configuration, _original);
        File.Delete(JobSubmit);
        await Slurm.ReconfigureAsync();
        Directory.Delete(Scripts, recursive: true);
    }

    private void WriteScript(string name, string what, string words) => ProgramFile.Write(Path.Combine(Scripts, name), $$"""
        #!/bin/sh
        PATH=/usr/bin:/bin
        found=$(docker -H unix:///run/docker.sock ps -q --filter label=pisahpc.job=$SLURM_JOB_ID) || exit 0
        [ -z "$found" ] && echo "{{what}} $SLURMD_NODENAME, {{words}}" >>{{Scripts}}/log.$SLURM_JOB_ID
        exit 0

        """);
}
