using PisaHpc.Integration.BatchHooks;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Host;

namespace PisaHpc.Integration.Docs;

/// <summary>The page for a new admin, as he follows it, on the lab's Slurm, whose slurm.conf has nothing of the hooks.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class FirstJobTests(LabFixture lab)
{
    private string Configuration => Path.Combine(Path.GetDirectoryName(lab.State.Site)!, "slurm", "etc");

    private string Home => Path.Combine(lab.State.Shared, "home", "hpcuser");

    [Fact]
    public async Task It_leads_to_a_job_in_a_container_and_back()
    {
        var file = Path.Combine(Configuration, "slurm.conf");
        var before = await File.ReadAllBytesAsync(file);
        try
        {
            Assert.DoesNotContain(" Failed ", await FollowAsync("3. The hooks"), StringComparison.Ordinal);
            Assert.NotEqual(before, await File.ReadAllBytesAsync(file));
            Assert.Matches(@"\Ahpcuser has 56 tasks on o2wn\[\d+[-,]\d+\], and /\.dockerenv\n\z", await SubmitAsync());
        }
        finally
        {
            await FollowAsync("5. Out again");
            Array.ForEach(Directory.GetFiles(Configuration, "*.pisahpc-*"), File.Delete);
        }

        Assert.Equal(before, await File.ReadAllBytesAsync(file));
        Assert.False(Directory.Exists("/usr/lib/pisahpc"), "Hooks are left in /usr/lib/pisahpc.");
    }

    /// <summary>Does what a part of the page says, and gives what it prints.</summary>
    private static async Task<string> FollowAsync(string part)
    {
        var said = "";
        foreach (var (language, lines) in Blocks(part))
        {
            var end = language == "sh"
                ? await RunningProcess.RunAsync("bash", ["-e", "-c", lines])
                : await Pwsh.RunAsync("-Command", $"$ErrorActionPreference = 'Stop'; Import-Module '{Repository.Manifest}'; {lines}");
            said += end.EndedWith(0).Output;
        }

        return said;
    }

    private async Task<string> SubmitAsync()
    {
        var (script, submission) = Blocks("4. The first job").Select(block => block.Lines).ToArray() is [var first, var second]
            ? (first, second)
            : throw new InvalidOperationException("The page has other blocks.");
        var path = Path.Combine(Home, "hello.sh");
        await File.WriteAllTextAsync(path, script);
        (await RunningProcess.RunAsync("chmod", ["644", path])).EndedWith(0);
        try
        {
            var end = await RunningProcess.RunAsync(
                "setpriv",
                ["--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "bash", "-e", "-c", $"cd {Home}; {submission}"],
                patience: TimeSpan.FromMinutes(2));
            return end.EndedWith(0).Output.Split('\n', 2)[1];
        }
        finally
        {
            // One that nobody waits for any more would keep the hooks there.
            (await RunningProcess.RunAsync("scancel", ["--user=hpcuser", "--name=hello.sh"])).EndedWith(0);
            await HookedSlurm.UntilAsync("its job is gone", async () => (await RunningProcess.RunAsync(
                "squeue", ["--noheader", "--user=hpcuser", "--name=hello.sh"])).EndedWith(0).Output.Trim().Length == 0);
            File.Delete(path);
            File.Delete(Path.Combine(Home, "hello.out"));
        }
    }

    private static IEnumerable<(string Language, string Lines)> Blocks(string part)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "about", "about_PisaHpc_FirstJob.md"));
        var text = page.Split("\n### ").Single(section => section.StartsWith(part + "\n", StringComparison.Ordinal)).Split("\n```");
        return text.Where((_, index) => index % 2 == 1).Select(block => block.Split('\n', 2)).Select(block => (block[0], block[1]));
    }
}
