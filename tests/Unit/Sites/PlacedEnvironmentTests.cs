using PisaHpc.Containers.Placed;
using PisaHpc.Sites;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Sites;

/// <summary>An environment whose jobs are placed into a static environment: it is that one under another name.</summary>
public sealed class PlacedEnvironmentTests
{
    private const string Declared = """
        registry: registry.lab:5000
        environments:
          cs7: { image: pisa/cs7:1, limits: { shm: 1g } }
          placed: { static: cs7, aliases: [ docker-placed ] }
        queues:
          short: { environment: docker-placed, limits: { shm: 64m } }
        static:
          cs7: { environment: cs7, nodes: o2wn01, port: 2201, jobs: true, limits: { shm: 8g } }

        """;

    [Fact]
    public void It_has_what_the_static_environment_has_whatever_the_queue_says()
    {
        var site = SiteText.Read(Declared);
        var environment = EnvironmentResolver.Resolve(site, null, "short", EnvironmentLayer.Empty);

        Assert.Equal(("placed", "cs7", "registry.lab:5000/pisa/cs7:1"), (environment.Name, environment.Static, environment.Image));
        Assert.Equal(8L << 30, environment.Limits.ShmBytes);
        Assert.Equal(["docker-placed"], environment.Aliases);
        Assert.Equal("cs7", JobPlace.Of(site, environment)!.Definition.Name);
        Assert.Null(JobPlace.Of(site, EnvironmentResolver.Resolve(site, "cs7", null, EnvironmentLayer.Empty)));
    }

    [Fact]
    public void Whoever_starts_a_job_cannot_change_it()
    {
        var parameters = EnvironmentLayer.Empty with { Layer = "parameter", Limits = new LimitSettings { Memory = Setting.Of<long?>(1 << 30) } };
        var conflict = Assert.Throws<HpcException>(() => EnvironmentResolver.Resolve(SiteText.Read(Declared), "placed", null, parameters));
        Assert.Equal(ErrorId.PlanConflict, conflict.Id);
    }

    [Theory]
    [InlineData("placed: { static: cs7, aliases: [ docker-placed ] }", "placed: { static: cs8 }", "static environment 'cs8' is not declared")]
    [InlineData("jobs: true, ", "", "static environment cs7 takes no jobs")]
    [InlineData("placed: { static: cs7,", "placed: { static: cs7, mpi: mpich,", "static stands beside settings")]
    [InlineData("environment: cs7, nodes", "environment: docker-placed, nodes", "static.cs7.environment: placed has no image of its own")]
    public void What_it_cannot_be(string from, string to, string message)
    {
        var findings = SiteText.Findings(Declared.Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData(", limits: { shm: 1g }")]
    public void No_static_environment_is_made_of_it_and_the_finding_has_the_place(string settings)
    {
        var second = $"  deb12: {{ environment: placed, nodes: o2wn01, port: 2202{settings} }}\n";
        var findings = SiteText.Findings(Declared.TrimEnd() + "\n" + second);
        var finding = Assert.Single(findings, finding => finding.Severity == nameof(FindingSeverity.Error));
        Assert.Equal(("BadValue", 9), (finding.Rule, finding.Line));
        Assert.Contains("static.deb12.environment", finding.Message, StringComparison.Ordinal);
    }
}
