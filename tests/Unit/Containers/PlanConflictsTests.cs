using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Containers;

public sealed class PlanConflictsTests
{
    public static TheoryData<string, PlanRequest> Contradictions() => new()
    {
        { "port 8080 cannot be published", PlanRequests.For(PlanRequests.Environment) with { PublishedPorts = [8080] } },
        { "no-new-privileges", PlanRequests.For(PlanRequests.Environment with { Privileged = true }) },
        {
            "/dev/shm",
            PlanRequests.For(PlanRequests.Environment with { Limits = new ContainerLimits { ShmBytes = 2048, MemoryBytes = 1024 } })
        },
        {
            "for each slot",
            PlanRequests.For(PlanRequests.Environment with { Limits = new ContainerLimits { MemoryBytes = 1024, MemoryPerSlotBytes = 1024 } })
        },
        {
            "/etc/passwd",
            PlanRequests.For(PlanRequests.Environment with { Mounts = [new MountDefinition { Source = "/etc/passwd", Target = "/etc/passwd" }] })
        },
        { "port 22 is privileged", PlanRequests.For(PlanRequests.Environment) with { Access = new SshAccess("/run/pisahpc/42", 22) } },
        {
            "root",
            PlanRequests.For(PlanRequests.Environment) with
            {
                Workload = PlanRequests.Job with { Owner = PlanRequests.Owner with { Name = "root", Uid = 0 } },
            }
        },
        { "The owner of job 42, hpcuser, has user id 3221226001: container engines take ids up to 2147483647", OwnedBy(PlanRequests.Owner with { Uid = 3221226001 }) },
        { "group id 2147483648", OwnedBy(PlanRequests.Owner with { Gid = 2147483648 }) },
        { "group id 4294967295", OwnedBy(PlanRequests.Owner with { Groups = [4001, 4294967295] }) },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Contradictory_options_are_refused_with_the_reason(string reason, PlanRequest request)
    {
        var failure = Assert.Throws<HpcException>(() => ContainerPlanner.Plan(request));

        Assert.Equal(ErrorId.PlanConflict, failure.Id);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Equal("o2wn01", failure.Target);
    }

    [Fact]
    public void A_job_of_root_is_told_how_to_name_its_owner()
    {
        var request = PlanRequests.For(PlanRequests.Environment) with
        {
            Workload = PlanRequests.Job with { Owner = PlanRequests.Owner with { Name = "root", Uid = 0 } },
        };

        Assert.Contains("-Owner", Assert.Throws<HpcException>(() => ContainerPlanner.Plan(request)).RecommendedAction!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_layers_that_set_the_options_are_named()
    {
        var environment = PlanRequests.Environment with
        {
            Privileged = true,
            Origins = [new SettingOrigin("privileged", "true", "environment debian12", "/etc/pisahpc/site.yaml", 9)],
        };

        var failure = Assert.Throws<HpcException>(() => ContainerPlanner.Plan(PlanRequests.For(environment)));

        Assert.Contains("environment debian12 (/etc/pisahpc/site.yaml:9)", failure.Message, StringComparison.Ordinal);
    }

    private static PlanRequest OwnedBy(JobOwner owner) =>
        PlanRequests.For(PlanRequests.Environment) with { Workload = PlanRequests.Job with { Owner = owner } };
}
