using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>What a host that gets no job for a while is to LSF alone.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LsfHoldTests : IDisposable
{
    private readonly HoldingHost _lsf = new(Scheduler.Lsf);

    public void Dispose() => _lsf.Dispose();

    [Fact]
    public async Task A_comment_may_stand_in_quotes()
    {
        _lsf.Set("quote", "\"");
        using var held = _lsf.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal((0, null), (HoldingHost.End(held), _lsf.Closed));
    }

    [Fact]
    public async Task One_that_somebody_closed_without_a_comment_stays_closed()
    {
        _lsf.Closed = "";
        using var held = _lsf.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal((0, ""), (HoldingHost.End(held), _lsf.Closed));
    }

    [Fact]
    public async Task One_that_is_full_is_not_closed()
    {
        _lsf.Set("full", "");
        using var held = _lsf.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal($"{HoldingHost.Reason} m1", _lsf.Closed);
        Assert.Equal((0, null), (HoldingHost.End(held), _lsf.Closed));
    }

    [Fact]
    public async Task One_that_is_down_is_left_so()
    {
        _lsf.Set("down", "");
        using var held = _lsf.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal((0, null), (HoldingHost.End(held), _lsf.Closed));
    }

    /// <summary>bhosts shows that it is down in place of that it is closed.</summary>
    [Fact]
    public async Task One_that_goes_down_in_the_midst_is_given_back()
    {
        using var held = _lsf.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        _lsf.Set("down", "");
        Assert.Equal((0, null), (HoldingHost.End(held), _lsf.Closed));
    }

    [Theory]
    [InlineData("PATH=$PATH:{0}", 0, "idle", "")]
    [InlineData("LSF_ENVDIR=/etc", 69, null, "there is no badmin, and no profile.lsf was found that has\n")]
    public async Task Its_programs_are_found_by_the_profile_that_the_site_names(string profile, int code, string? said, string error)
    {
        _lsf.Set("profile.lsf", profile.Replace("{0}", _lsf.PathOf(""), StringComparison.Ordinal) + "\n");
        using var held = _lsf.Start(Line(_lsf.PathOf("profile.lsf")), byPath: false);
        Assert.Equal(said, await held.StandardOutput.ReadLineAsync());
        Assert.Equal((code, error), (HoldingHost.End(held), await held.StandardError.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_profile_that_is_not_there_is_named()
    {
        using var held = _lsf.Start(Line("/nonexistent/profile.lsf"));
        Assert.Equal(69, HoldingHost.CodeOf(held));
        Assert.Equal("/nonexistent/profile.lsf cannot be read\n", await held.StandardError.ReadToEndAsync());
    }

    private static IReadOnlyList<string> Line(string profile)
    {
        var hold = NodeHold.Of(Scheduler.Lsf, profile)!;
        return hold.Script.Command(["n1", "0", HoldingHost.Reason, "60", "m1", .. hold.Arguments]);
    }
}
