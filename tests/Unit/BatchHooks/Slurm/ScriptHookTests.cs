using System.Text;
using PisaHpc.BatchHooks.Slurm;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>Our prolog and epilog beside the site's own.</summary>
public sealed class ScriptHookTests
{
    [Theory]
    [InlineData("Prolog=/etc/slurm/prolog.d/*", "/etc/slurm/prolog.d/00-pisahpc")]
    [InlineData("Prolog=/etc/slurm/prolog.d/*.sh", "/etc/slurm/prolog.d/00-pisahpc.sh")]
    [InlineData("Prolog=/etc/slurm/prolog.d/[0-9]*", "/etc/slurm/prolog.d/00-pisahpc")]
    [InlineData("Prolog=/etc/slurm/prolog.d/[!a-z][0-9]-*.sh", "/etc/slurm/prolog.d/00-pisahpc.sh")]
    [InlineData("Prolog=/etc/slurm/prolog-*", "/etc/slurm/prolog-00-pisahpc")]
    [InlineData("Epilog=/etc/slurm/epilog.d/*", "/etc/slurm/epilog.d/zz-pisahpc")]
    [InlineData("Epilog=/etc/slurm/epilog.d/[0-9]*.sh", "/etc/slurm/epilog.d/99-pisahpc.sh")]
    public async Task It_stands_in_the_sites_directory_under_a_name_that_the_sites_line_matches(string line, string path)
    {
        var plan = SlurmConfPlan.Of(await SlurmConf.ReadAsync(line + "\n"), SlurmConf.Request);
        var script = Assert.Single(plan.Scripts);
        Assert.Equal((path, "755"), (script.Path, script.Mode));
        Assert.DoesNotContain(line.Split('=')[0], plan.Keys);
        Assert.StartsWith(line + "\n", plan.Files[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_script_of_the_sites_goes_on_being_called_by_its_own_path_with_ours_behind_it()
    {
        var plan = SlurmConfPlan.Of(await SlurmConf.ReadAsync("Prolog=\"/opt/the site's\"\n"), SlurmConf.Request);
        Assert.Equal(
            [
                ("/usr/lib/pisahpc/slurm-prolog.d/90-site", "#!/bin/sh\nexec '/opt/the site'\\''s' \"$@\"\n"),
                ("/usr/lib/pisahpc/slurm-prolog.d/10-pisahpc",
                    "#!/bin/sh\n[ -x /usr/lib/pisahpc/slurm-prolog ] || exit 0\nexec /usr/lib/pisahpc/slurm-prolog\n"),
            ],
            plan.Scripts.Select(script => (script.Path, Encoding.UTF8.GetString(script.Content.Span))));
    }

    [Fact]
    public async Task Slurm_runs_names_in_reverse_so_that_the_sites_prolog_comes_first_and_its_epilog_last()
    {
        var plan = SlurmConfPlan.Of(await SlurmConf.ReadAsync("Prolog=/p\nEpilog=/e\n"), SlurmConf.Request);
        var order = plan.Scripts.Select(script => script.Path).OrderDescending(StringComparer.Ordinal).Select(path => path[(path.LastIndexOf('/') + 1)..]);
        Assert.Equal(["90-site", "10-pisahpc", "90-pisahpc", "10-site"], order);
    }
}
