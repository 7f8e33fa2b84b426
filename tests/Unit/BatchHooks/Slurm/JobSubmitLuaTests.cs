using PisaHpc.BatchHooks.Slurm;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>Our line in a site's job_submit.lua.</summary>
public sealed class JobSubmitLuaTests
{
    private const string Line = "pcall(dofile, \"/etc/slurm/pisahpc.lua\") -- PisaHpc\n";

    /// <summary>Where the line goes is marked by @.</summary>
    public static TheoryData<string> Sites =>
    [
        "function slurm_job_submit(d, p, u)\n  if d.x then return 1 end\n  return slurm.SUCCESS\nend\n@", "@", "-- nothing\n@",
        "function f() end\nslurm.log_info(\"initialized\")\n@return slurm.SUCCESS\n", "local x = 1; @return x", "if x then return end\n@",
        "--[[ return\n]] f = [==[ end ]] return ]==]\n@return\n", "s = 'don\\'t return' t = \"end -- \\\" return\"\n@",
        "repeat local x = 1 until x\nwhile true do break end\nfor i = 1, 2 do f(i) end\n@return slurm.SUCCESS -- last\n",
        "x = a - -1 --[==[ long\nreturn ]==] y = a[b[1]]\r\n@return 0\r\n", "t = { ['end'] = 1, [\"do\"] = 2 }\n@",
    ];

    [Theory]
    [MemberData(nameof(Sites))]
    public void It_comes_after_all_of_the_sites_and_before_the_return_that_ends_the_file(string marked)
    {
        var site = marked.Replace("@", "", StringComparison.Ordinal);
        Assert.Equal(marked.Replace("@", Line, StringComparison.Ordinal), JobSubmitLua.Joined("/j", site, "/etc/slurm"));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void Taking_it_out_gives_the_same_bytes_and_joining_twice_is_joining_once(string marked)
    {
        var site = marked.Replace("@", "", StringComparison.Ordinal);
        foreach (var text in new[] { site, site.TrimEnd('\n') })
        {
            var joined = JobSubmitLua.Joined("/j", text, "/etc/slurm");
            Assert.NotEqual(text, joined);
            Assert.Equal(text, JobSubmitLua.Left(joined));
            Assert.Equal(joined, JobSubmitLua.Joined("/j", joined, "/etc/slurm"));
        }
    }

    [Theory]
    [InlineData("function f()\n  return 1\n", "/j, line 3: a block is not closed")]
    [InlineData("f()\nend\n", "/j, line 2: end closes no block")]
    [InlineData("s = \"no end\nx = 1\n", "/j, line 1: '\"no end")]
    public void A_file_whose_blocks_are_not_understood_is_left_alone(string site, string words)
    {
        var failure = Assert.Throws<HpcException>(() => JobSubmitLua.Joined("/j", site, "/etc/slurm"));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.StartsWith(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_site_without_one_gets_a_file_that_lets_every_job_through()
    {
        var made = JobSubmitLua.New("/etc/slurm");
        Assert.EndsWith(Line, made, StringComparison.Ordinal);
        Assert.Equal(made, JobSubmitLua.Joined("/j", made, "/etc/slurm"));
        Assert.Null(LuaBlocks.FinalReturn("/j", made));
    }
}
