namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>What a management host says of its LSF, by its files.</summary>
public sealed class LsfControllerTests : IDisposable
{
    private readonly LsfDirectory _lsf = new("docker-a-name-that-is-longer-than-a-column 3 1 2 0\\n");

    public void Dispose() => _lsf.Dispose();

    [Fact]
    public async Task The_sites_own_executions_are_found_in_any_case_continued_and_included_and_ours_are_none_of_them()
    {
        _lsf.WriteBatch(
            "lsb.queues",
            """
            Begin Queue
            # PRE_EXEC = /site/no
            pre_exec = $USER_PREEXEC
              Host_Post_Exec=/site/post \
              now
            POST_EXEC =
            HOST_PRE_EXEC = /usr/lib/pisahpc/lsf-pre -; /site/pre
            HOST_POST_EXEC = "/usr/lib/pisahpc/lsf-post -"
            #INCLUDE "more.queues"
            End Queue

            """);
        _lsf.WriteBatch("more.queues", "PRE_EXEC=\\\n  ${USER_PREEXEC}\n");
        _lsf.WriteBatch("lsb.applications", "PRE_EXEC=/site/app");
        var said = await _lsf.ReadAsync();
        Assert.Equal(
            [
                $"{_lsf.Batch}/lsb.queues:3", $"{_lsf.Batch}/lsb.queues:4", $"{_lsf.Batch}/lsb.queues:7", $"{_lsf.Batch}/more.queues:1",
                $"{_lsf.Batch}/lsb.applications:1",
            ],
            said.Executions.Select(call => call.Place));
        Assert.Equal([true, false, false, true, false], said.Executions.Select(call => call.IsUsers));
        Assert.Equal("pre_exec = $USER_PREEXEC", said.Executions[0].Line);
        Assert.Equal("Host_Post_Exec=/site/post    now", said.Executions[1].Line);
        Assert.Equal(
            [$"{_lsf.Batch}/lsb.queues:7", $"{_lsf.Batch}/lsb.queues:8"], said.CallsOfOurs.Select(call => call.Place));
    }

    [Fact]
    public async Task What_our_block_calls_is_neither()
    {
        _lsf.WriteBatch("lsb.applications", LsfSite.Joined("Begin Application\nNAME = a\nEnd Application\n"));
        var said = await _lsf.ReadAsync();
        Assert.Empty(said.Executions);
        Assert.Empty(said.CallsOfOurs);
        Assert.Equal(new Dictionary<string, int> { ["docker-a-name-that-is-longer-than-a-column"] = 3 }, said.Profiles);
    }

    [Fact]
    public async Task Esubs_are_looked_for_in_a_directory_of_their_own_where_LSF_has_one()
    {
        Assert.Equal($"{_lsf.Root}/etc", (await _lsf.ReadAsync()).ServerDirectory);
        _lsf.Write("lsf.conf", $"LSF_CONFDIR={_lsf.Root}\nLSF_SERVERDIR=/lsf/etc\nLSF_EXT_SERVERDIR = \"/lsf/safe\"\n");
        Assert.Equal("/lsf/safe", (await _lsf.ReadAsync()).ServerDirectory);
    }

    [Fact]
    public async Task Without_a_name_it_is_the_lsf_conf_of_the_callers_LSF_ENVDIR_and_never_as_root()
    {
        _lsf.Variables["LSF_ENVDIR"] = _lsf.Root;
        _lsf.Variables["ASKING_UID"] = "4001";
        Assert.Equal("c1", (await _lsf.ReadUnnamedAsync()).Cluster);
        _lsf.Variables["ASKING_UID"] = "0";
        var failure = await Assert.ThrowsAsync<HpcException>(_lsf.ReadUnnamedAsync);
        Assert.Equal("There is no /etc/lsf.conf on", failure.Message[..28]);
    }

    [Theory]
    [InlineData("4001", 0b110_110_100, true)]
    [InlineData("0", 0b110_100_100, true)]
    [InlineData("0", 0b110_110_100, false)]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task Root_runs_no_profile_that_others_can_change(string uid, int mode, bool isRun)
    {
        _lsf.Write("lsf.conf", $"LSF_CONFDIR={_lsf.Root}\n");
        var profile = Path.Combine(_lsf.Root, "profile.lsf");
        File.WriteAllText(profile, $"PATH={_lsf.Root}/bin:$PATH\nLSF_SERVERDIR=/lsf/etc\n");
        File.SetUnixFileMode(profile, (UnixFileMode)mode);
        _lsf.Variables["ASKING_UID"] = uid;
        _lsf.Variables["LSF_SERVERDIR"] = uid == "0" ? "/home/hpcuser" : "";

        // A file of whoever runs this test is root's where root runs it.
        if (isRun && (uid != "0" || Environment.IsPrivilegedProcess))
        {
            Assert.Equal("/lsf/etc", (await _lsf.ReadAsync()).ServerDirectory);
            return;
        }

        var failure = await Assert.ThrowsAsync<HpcException>(_lsf.ReadAsync);
        Assert.Contains($"; root does not run '{profile}': others than root can change it", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_no_node()
    {
        _lsf.Write(
            "lsf.cluster.c1",
            """
            Begin Host
            HOSTNAME model type RESOURCES Server   # Keywords
            # n00    !     !    ()        1
            n01      !     !    (mg a b)  1
            login1   !     !    (a b)     0
            n02      !     !    ()        -
            End Host
            Begin Other
            n03 ! ! () 1
            End Other

            """);
        Assert.Equal(["n01", "n02"], (await _lsf.ReadAsync()).Hosts);
    }

    [Fact]
    public void A_node_of_the_site_definition_that_lsf_cluster_lacks_is_one_too_and_none_is_there_twice()
    {
        var hooks = LsfSite.Hooks(null);
        hooks = hooks with
        {
            Controller = hooks.Controller with { Hosts = ["n01.cluster.example", "head"] },
            Site = hooks.Site with { Nodes = hooks.Site.Nodes with { Names = ["n[01-02]"] } },
        };
        Assert.Equal(["n01.cluster.example", "head", "n02"], hooks.Nodes);
    }
}
