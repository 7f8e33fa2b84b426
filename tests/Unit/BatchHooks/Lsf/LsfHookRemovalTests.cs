namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>In which order LSF's hooks go, and what they wait for.</summary>
public sealed class LsfHookRemovalTests
{
    [Fact]
    public async Task Profiles_stay_while_jobs_are_left_and_the_words_go()
    {
        using var lsf = new LsfDirectory("docker-cs7 2 0 2 0\\ndocker-tiny 1 1 0 0\\nfluent 4 4 0 0\\n");
        lsf.WriteBatch("lsb.applications", LsfSite.Joined());
        lsf.Write("etc/pisahpc-environments", "docker-cs7 docker-cs7\n");
        var change = (await lsf.RemovalAsync()).OnController();
        Assert.Empty(change.Texts);
        Assert.Equal([$"{lsf.Root}/etc/pisahpc-environments"], change.Removes.Select(file => file.File));
        Assert.Equal("run this again when 3 jobs ended in profiles of PisaHpc", change.Predict().NextStep);
    }

    [Fact]
    public async Task Profiles_go_when_no_job_is_left_and_the_files_wait_for_LSF_to_read_that()
    {
        using var lsf = new LsfDirectory("docker-cs7 0 0 0 0\\n");
        lsf.WriteBatch("lsb.applications", LsfSite.Joined());
        var change = (await lsf.RemovalAsync()).OnController();
        Assert.Null(Assert.Single(change.Texts).After);
        Assert.Equal("LSF has read its configuration again: badmin reconfig", change.Waiting);
    }

    [Fact]
    public async Task Files_that_a_line_of_the_sites_calls_stay_and_the_line_is_named()
    {
        using var lsf = new LsfDirectory();
        lsf.WriteBatch("lsb.queues", "Begin Queue\nHOST_PRE_EXEC = /usr/lib/pisahpc/lsf-pre -\nEnd Queue\n");
        var change = (await lsf.RemovalAsync()).OnController();
        var words = $"{lsf.Batch}/lsb.queues:2, which still call /usr/lib/pisahpc/, are taken out";
        Assert.Equal(words, change.Waiting);
        Assert.Equal($"run this again when {words}", change.Predict().NextStep);
        lsf.WriteBatch("lsb.queues", "Begin Queue\nEnd Queue\n");
        Assert.Null((await lsf.RemovalAsync()).OnController().Waiting);
    }
}
