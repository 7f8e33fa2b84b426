namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>hooks/lsf/esub.docker, called as mesub calls it.</summary>
public sealed class EsubTests : IDisposable
{
    private readonly HookDirectory _server = LsfPreTests.Node();

    public EsubTests()
    {
        File.WriteAllText(
            _server.PathOf("pisahpc-environments"), "docker-cs7 docker-cs7\ndocker-tiny docker-tiny\ndocker-deb docker-tiny\n");
        foreach (var word in new[] { "docker-cs7", "docker-deb", "docker-gone" })
        {
            File.CreateSymbolicLink(_server.PathOf($"esub.{word}"), "esub.docker");
        }
    }

    [Theory]
    [InlineData("esub.docker-cs7", new string[0], "docker-cs7")]
    [InlineData("esub.docker-deb", new string[0], "docker-tiny")]
    [InlineData("esub.docker", new[] { "cs7" }, "docker-cs7")]
    [InlineData("esub.docker", new[] { "docker-cs7" }, "docker-cs7")]
    public void A_job_gets_the_profile_of_its_environment(string esub, string[] arguments, string profile)
    {
        Assert.Equal((0, "", ""), Submit(esub, arguments));
        Assert.Equal($"LSB_SUB3_APP=\"{profile}\"\n", Written("modify"));
        Assert.Equal($"PISAHPC_ENVIRONMENT=\"{profile}\"\n", Written("env"));
    }

    [Theory]
    [InlineData("esub.docker-gone", new string[0], "docker-gone")]
    [InlineData("esub.docker", new[] { "nonesuch" }, "docker-nonesuch")]
    [InlineData("esub.docker", new string[0], "without a name")]
    public void A_name_that_the_site_has_not_is_refused_with_those_that_it_has(string esub, string[] arguments, string asked)
    {
        Assert.Equal(
            (97, "", $"pisahpc: there is no environment {asked}; there are docker-cs7, docker-tiny, docker-deb\n"),
            Submit(esub, arguments));
        Assert.Equal("", Written("modify"));
    }

    [Fact]
    public void A_profile_that_the_user_named_stays_and_he_is_told_what_that_means()
    {
        var end = Submit("esub.docker-cs7", [], "LSB_SUB3_APP=\"fluent\"\n");
        Assert.Equal((0, ""), (end.Code, end.Output));
        Assert.StartsWith("pisahpc: -app fluent stays: ", end.Error, StringComparison.Ordinal);
        Assert.Equal("", Written("modify"));
    }

    [Fact]
    public void Two_environments_are_one_too_many() => Assert.Equal(
        (97, "", "pisahpc: a job has one environment, and this one has two: docker-tiny and docker-cs7\n"),
        Submit("esub.docker-cs7", [], "LSB_SUB_QUEUE=\"hpc\"\nLSB_SUB3_APP=\"docker-tiny\"\n"));

    public void Dispose() => _server.Dispose();

    private (int Code, string Output, string Error) Submit(string esub, string[] arguments, string parameters = "LSB_SUB_QUEUE=\"hpc\"\n")
    {
        File.WriteAllText(_server.PathOf("parm"), parameters);
        return _server.Call(
            esub, arguments, ("LSB_SUB_ABORT_VALUE", "97"), ("LSB_SUB_PARM_FILE", _server.PathOf("parm")),
            ("LSB_SUB_MODIFY_FILE", _server.PathOf("modify")), ("LSB_SUB_MODIFY_ENVFILE", _server.PathOf("env")));
    }

    private string Written(string name) => File.Exists(_server.PathOf(name)) ? File.ReadAllText(_server.PathOf(name)) : "";
}
