namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>By which profile.lsf LSF is asked, and whose it has to be.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LsfProfileTests : IDisposable
{
    private readonly RecordedLsf _lsf = new RecordedLsf().Listing(RecordedLsf.Running);

    public void Dispose() => _lsf.Dispose();

    [Fact]
    public async Task Programs_in_no_usual_place_are_where_the_callers_LSF_ENVDIR_says()
    {
        _lsf.Variables["ASKING_UID"] = "4001";
        _lsf.Variables["LSF_ENVDIR"] = Path.GetDirectoryName(_lsf.ByProfile())!;
        await ToldAsync();
    }

    /// <summary>It may be a job's: a hook of root's has the environment of the job's user.</summary>
    [Fact]
    public async Task As_root_a_callers_LSF_ENVDIR_counts_for_nothing()
    {
        _lsf.Variables["LSF_ENVDIR"] = Path.GetDirectoryName(_lsf.ByProfile())!;
        Assert.Contains("it has no bjobs", (await FailedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_root_no_other_choice_of_the_callers_counts()
    {
        _lsf.Variables["LSF_SERVERDIR"] = "/home/hpcuser/lsf";
        _lsf.Variables["EGO_TOP"] = "/home/hpcuser/ego";
        await ToldAsync();
    }

    [Fact]
    public async Task One_that_the_site_names_goes_before_all_that_the_caller_says()
    {
        _lsf.Profile = _lsf.ByProfile();
        _lsf.Variables["ASKING_UID"] = "4001";
        _lsf.Variables["LSF_ENVDIR"] = "/home/hpcuser";
        _lsf.Variables["LSF_SERVERDIR"] = "/home/hpcuser/lsf";
        await ToldAsync();
    }

    [Fact]
    public async Task One_that_the_site_names_and_that_is_not_there_is_an_error()
    {
        _lsf.Profile = "/nonexistent/profile.lsf";
        var failure = await FailedAsync();
        Assert.Equal("LSF cannot be asked on login1: '/nonexistent/profile.lsf' cannot be read.", failure.Message);
    }

    [Theory]
    [InlineData(0b110_100_100, 0b111_101_101, true)]
    [InlineData(0b110_110_100, 0b111_101_101, false)]
    [InlineData(0b110_100_110, 0b111_101_101, false)]
    [InlineData(0b110_100_100, 0b111_111_101, false)]
    [InlineData(0b110_100_100, 0b111_101_111, false)]
    public async Task As_root_one_counts_that_root_alone_can_change(int file, int directory, bool isRoots)
    {
        _lsf.Profile = _lsf.ByProfile((UnixFileMode)file);
        File.SetUnixFileMode(Path.GetDirectoryName(_lsf.Profile)!, (UnixFileMode)directory);

        // A file of whoever runs this test is root's where root runs it.
        if (isRoots && Environment.IsPrivilegedProcess)
        {
            await ToldAsync();
        }
        else
        {
            Assert.Contains("others than root can change it", (await FailedAsync()).Message, StringComparison.Ordinal);
        }
    }

    private async Task ToldAsync() => Assert.Equal("4711", (await _lsf.AskAsync("4711")).JobId);

    private async Task<HpcException> FailedAsync()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => _lsf.AskAsync("4711"));
        Assert.Equal((ErrorId.BatchSystemFailed, true), (failure.Id, failure.IsLasting));
        return failure;
    }
}
