using PisaHpc.Hook;

namespace PisaHpc.Unit.Hook;

/// <summary>What a batch system may do after a start that failed.</summary>
public sealed class HookExitTests
{
    /// <summary>The ids that somebody has to change something for; each new id has to be thought of here or to be one that passes.</summary>
    private static readonly ErrorId[] Lasting =
    [
        ErrorId.ImageNotFound, ErrorId.ImageSourceMissing, ErrorId.ImageSourceInvalid, ErrorId.ImageSourceUnreadable,
        ErrorId.ImageImportFailed, ErrorId.ImagePushFailed, ErrorId.MountSourceMissing, ErrorId.DeviceMissing, ErrorId.LimitRefused,
        ErrorId.LimitNotInForce,
        ErrorId.PlanConflict, ErrorId.ReservedOption, ErrorId.ContainerNotReady,
        ErrorId.SshAccessMissing, ErrorId.AgentMissing, ErrorId.CommandFailed, ErrorId.AllocationNotFound, ErrorId.SiteInvalid,
        ErrorId.EnvironmentNotFound, ErrorId.StaticNotFound, ErrorId.StaticNotDeclared, ErrorId.StaticDiffers, ErrorId.StaticBeingSynced, ErrorId.StaticBusy,
        ErrorId.StaticSyncStopped, ErrorId.MpiLaunchFailed, ErrorId.RankFailed,
        ErrorId.JobNotFound, ErrorId.JobNotInState, ErrorId.RecordsMissing,
        ErrorId.RecordsUnusable, ErrorId.ContainerNotFound, ErrorId.InvalidValue,
        ErrorId.NodeCheckFailed, ErrorId.ContainerCheckFailed, ErrorId.EngineConfigurationInvalid, ErrorId.EngineConfigurationRefused,
        ErrorId.BatchConfigurationInvalid, ErrorId.BatchHookIncomplete, ErrorId.ItemNotFound, ErrorId.ItemNotCopied,
        ErrorId.TerminalMissing,
    ];

    private static readonly ErrorId[] OfJobs = [ErrorId.JobNotStarted, ErrorId.JobRolledBack, ErrorId.JobLeftBehind, ErrorId.InternalError];

    public static TheoryData<ErrorId, int> Ids
    {
        get
        {
            var ids = new TheoryData<ErrorId, int>();
            foreach (var id in Enum.GetValues<ErrorId>().Except(OfJobs))
            {
                ids.Add(id, Lasting.Contains(id) ? HookExit.WillNotPass : HookExit.MayPass);
            }

            return ids;
        }
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_failure_passes_or_lasts(ErrorId id, int code)
    {
        Assert.Equal(code, HookExit.Of(new HpcException(id, "It failed."), nodes: 2));
        Assert.Equal(code, HookExit.Of(Failed(ErrorId.JobNotStarted, id, id), nodes: 2));
    }

    [Fact]
    public void What_only_some_nodes_lack_others_may_have()
    {
        Assert.Equal(HookExit.MayPass, HookExit.Of(Failed(ErrorId.JobNotStarted, ErrorId.MountSourceMissing), nodes: 2));
        Assert.Equal(HookExit.WillNotPass, HookExit.Of(Failed(ErrorId.JobNotStarted, ErrorId.MountSourceMissing), nodes: 1));
    }

    [Theory]
    [InlineData(ErrorId.LimitRefused, HookExit.MayPass)]
    [InlineData(ErrorId.LimitNotInForce, HookExit.MayPass)]
    [InlineData(ErrorId.ContainerNotReady, HookExit.MayPass)]
    [InlineData(ErrorId.StaticDiffers, HookExit.MayPass)]
    [InlineData(ErrorId.ImageNotFound, HookExit.WillNotPass)]
    public void A_start_ends_with_the_first_node_that_fails_and_another_may_have_what_it_lacks(ErrorId id, int code) =>
        Assert.Equal(code, HookExit.Of(Failed(ErrorId.JobRolledBack, id), nodes: 2));

    [Fact]
    public void One_node_that_may_come_back_is_reason_enough_to_try_again() =>
        Assert.Equal(HookExit.MayPass, HookExit.Of(Failed(ErrorId.JobRolledBack, ErrorId.LimitRefused, ErrorId.NodeUnreachable), nodes: 2));

    [Fact]
    public void What_is_left_behind_calls_an_admin_and_a_bug_a_developer()
    {
        Assert.Equal(HookExit.LeftBehind, HookExit.Of(Failed(ErrorId.JobLeftBehind, ErrorId.NodeUnreachable), nodes: 2));
        Assert.Equal(HookExit.Bug, HookExit.Of(new HpcException(ErrorId.InternalError, "It failed."), nodes: 2));
        Assert.Equal(HookExit.Bug, HookExit.Of(Failed(ErrorId.JobRolledBack, ErrorId.InternalError), nodes: 2));
    }

    private static HpcException Failed(ErrorId id, params ErrorId[] causes) => new(id, "It failed.")
    {
        FailedNodes = [.. causes.Select((cause, i) => new NodeFailure($"n{i}", new HpcException(cause, "It failed.")))],
    };
}
