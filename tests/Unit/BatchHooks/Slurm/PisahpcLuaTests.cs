using System.Diagnostics;
using PisaHpc.BatchHooks.Slurm;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>hooks/slurm/pisahpc.lua beside a site's job_submit.lua, run by a real Lua 5.1 with a table like slurmctld's.</summary>
public sealed class PisahpcLuaTests : IDisposable
{
    private const string Mark = "#!/usr/lib/pisahpc/slurm-job\n";

    private const string Slurmctld = """
        slurm = { SUCCESS = 0, ERROR = -1 }
        function slurm.log_user(format, ...) io.write("user: ", string.format(format, ...), "\n") end
        function slurm.log_error(format, ...) io.write("log: ", string.format(format, ...), "\n") end
        slurm.log_info = slurm.log_error
        dofile(arg[1] .. "/job_submit.lua")
        local partitions = { hpc = { name = "hpc", flag_default = 1 }, short = { name = "short", flag_default = 0 } }
        local function text(name) local value = os.getenv(name) if value ~= "-" then return value end end
        local job = { comment = text("COMMENT"), partition = text("PARTITION"), script = text("SCRIPT") }
        if os.getenv("CHANGE") then
          io.write("code: ", slurm_job_modify({ comment = text("CHANGE"), partition = text("MOVE") }, job, partitions, 0), "\n")
        else
          io.write("code: ", slurm_job_submit(job, partitions, 4001), "\n")
          io.write("script: ", tostring(job.script), "\n")
        end

        """;

    private const string Names = "name debian12\nname tiny\nalias docker-deb12\nqueue short\n";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-lua-");

    public PisahpcLuaTests()
    {
        File.Copy(Checkout.PathOf("hooks", "slurm", "pisahpc.lua"), PathOf("pisahpc.lua"));
        File.WriteAllText(PathOf("driver.lua"), Slurmctld);
        File.WriteAllText(PathOf("pisahpc-environments"), Names);
        Site(null);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("docker-tiny", Mark + "#!/bin/sh\nx\n")]
    [InlineData("mine,docker-TINY;x", Mark + "#!/bin/sh\nx\n")]
    [InlineData("docker-deb12", Mark + "#!/bin/sh\nx\n")]
    [InlineData("docker-none", "#!/bin/sh\nx\n")]
    [InlineData("dockertiny docker-", "#!/bin/sh\nx\n")]
    [InlineData("-", "#!/bin/sh\nx\n")]
    public void A_script_whose_job_asks_for_an_environment_gets_our_first_line(string comment, string expected) =>
        Assert.Equal($"code: 0\nscript: {expected}\n", Submit(comment));

    [Fact]
    public void A_name_that_the_site_has_not_is_refused_with_those_that_it_has() => Assert.Equal(
        "user: pisahpc: there is no environment docker-%s; there are docker-debian12, docker-tiny, docker-deb12\ncode: -1\nscript: #!/bin/sh\nx\n\n",
        Submit("docker-%s"));

    [Theory]
    [InlineData("short", true)]
    [InlineData("hpc", false)]
    [InlineData("-", false)]
    public void A_partition_may_have_an_environment_of_its_own(string partition, bool marked) =>
        Assert.Equal(marked, Submit("-", partition).Contains(Mark, StringComparison.Ordinal));

    [Fact]
    public void Partitions_that_do_not_agree_are_for_the_user_to_choose_from()
    {
        Assert.StartsWith("user: pisahpc: some of the partitions hpc,short have an environment", Submit("-", "hpc,short"), StringComparison.Ordinal);
        Assert.Contains("code: 0", Submit("docker-none", "hpc,short"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_that_is_submitted_again_as_Slurm_showed_it_has_one_first_line_of_ours_or_none()
    {
        Assert.Equal($"code: 0\nscript: {Mark}#!/bin/sh\n\n", Submit("docker-tiny", script: Mark + "#!/bin/sh\n"));
        Assert.Equal("code: 0\nscript: #!/bin/sh\n\n", Submit("-", script: Mark + "#!/bin/sh\n"));
    }

    [Theory]
    [InlineData("#!/bin/sh\r\nx\r\n")]
    [InlineData("#!/bin/sh\r")]
    public void DOS_line_ends_are_refused_as_sbatch_does(string script) =>
        Assert.StartsWith("user: pisahpc: the script has DOS line ends", Submit("docker-tiny", script: script), StringComparison.Ordinal);

    [Fact]
    public void A_job_without_a_script_is_looked_at_all_the_same()
    {
        Assert.Equal("code: 0\nscript: nil\n", Submit("docker-tiny", script: "-"));
        Assert.Contains("code: -1", Submit("docker-nonesuch", script: "-"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sites_own_function_comes_first_and_its_refusal_stands()
    {
        Site("function slurm_job_submit(job, partitions, uid) slurm.log_user('theirs %d', uid) return job.comment == 'no' and 7 or 0 end\nreturn 0\n");
        Assert.Equal("user: theirs 4001\ncode: 7\nscript: #!/bin/sh\nx\n\n", Submit("no"));
        Assert.Equal($"user: theirs 4001\ncode: 0\nscript: {Mark}#!/bin/sh\nx\n\n", Submit("docker-tiny"));
    }

    [Fact]
    public void An_error_of_ours_is_a_line_in_the_log_and_lets_the_job_through()
    {
        File.AppendAllText(PathOf("job_submit.lua"), "string.gmatch = nil\n");
        Assert.Matches("\\Alog: pisahpc: .*\ncode: 0\n", Submit("docker-tiny"));
        File.WriteAllText(PathOf("pisahpc.lua"), "this is no Lua");
        Site("function slurm_job_submit() return 0 end\n");
        Assert.StartsWith("code: 0\n", Submit("docker-tiny"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_list_of_names_every_name_is_taken_and_the_log_says_so()
    {
        File.Delete(PathOf("pisahpc-environments"));
        var said = Submit("docker-whatever");
        Assert.StartsWith("log: pisahpc: ", said, StringComparison.Ordinal);
        Assert.EndsWith($"code: 0\nscript: {Mark}#!/bin/sh\nx\n\n", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker-tiny", "other docker-tiny", "-", 0)]
    [InlineData("docker-tiny", "docker-debian12", "-", -1)]
    [InlineData("docker-tiny", "none", "-", -1)]
    [InlineData("-", "docker-tiny", "-", -1)]
    [InlineData("-", "a word", "-", 0)]
    [InlineData("-", "-", "short", -1)]
    [InlineData("docker-tiny", "-", "short", 0)]
    public void The_environment_of_a_job_that_is_submitted_stays(string comment, string change, string partition, int code) =>
        Assert.EndsWith($"code: {code}\n", Run(("COMMENT", comment), ("PARTITION", "hpc"), ("SCRIPT", "-"), ("CHANGE", change), ("MOVE", partition)), StringComparison.Ordinal);

    private void Site(string? text) => File.WriteAllText(
        PathOf("job_submit.lua"),
        text is null ? JobSubmitLua.New(_directory.FullName) : JobSubmitLua.Joined("/j", text, _directory.FullName));

    private string Submit(string comment, string partition = "-", string script = "#!/bin/sh\nx\n") =>
        Run(("COMMENT", comment), ("PARTITION", partition), ("SCRIPT", script));

    private string Run(params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("lua5.1", [PathOf("driver.lua"), _directory.FullName]) { RedirectStandardOutput = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var lua = Process.Start(start)!;
        var said = lua.StandardOutput.ReadToEnd();
        lua.WaitForExit();
        Assert.Equal(0, lua.ExitCode);
        return said;
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);
}
