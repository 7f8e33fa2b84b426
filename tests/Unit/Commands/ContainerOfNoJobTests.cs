using PisaHpc.Containers;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Commands;

/// <summary>A node with a container of job 42 and one of static environment cs7, as the cmdlets that know jobs see the latter.</summary>
public sealed class ContainerOfNoJobTests : IDisposable
{
    private readonly SocketEngine _engine = new()
    {
        Containers =
        {
            ["pisahpc-42-a"] = new() { ["pisahpc.schema"] = "2", ["pisahpc.job"] = "42" },
            ["pisahpc-static-cs7-a"] = new() { ["pisahpc.schema"] = "2", ["pisahpc.static"] = "cs7", ["pisahpc.owner"] = "hpcuser" },
        },
    };

    private static HpcContainer Static { get; } = new()
    {
        Node = "localhost",
        Static = "cs7",
        Name = "pisahpc-static-cs7-a",
        Id = "f00",
        State = "Running",
        Environment = "centos7",
        Image = "pisa/hpc:cs7",
        Owner = "hpcuser",
        Slots = 1,
        Port = 2201,
        ReadyTimeoutSec = 60,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void It_is_listed_beside_those_of_jobs_with_its_environment_s_name_instead_of_a_job()
    {
        var found = Containers("Get-HpcContainer").ToDictionary(container => container.Name);
        Assert.Equal(["pisahpc-42-a", "pisahpc-static-cs7-a"], found.Keys.Order());
        Assert.Equal(("42", null), (found["pisahpc-42-a"].JobId, found["pisahpc-42-a"].Static));
        Assert.Equal((null, "cs7", "hpcuser"), (found["pisahpc-static-cs7-a"].JobId, found["pisahpc-static-cs7-a"].Static, found["pisahpc-static-cs7-a"].Owner));
    }

    [Theory]
    [InlineData("Get-HpcContainer -JobId '*'", "pisahpc-42-a")]
    [InlineData("Get-HpcContainer -JobId 42, 4?", "pisahpc-42-a")]
    [InlineData("Get-HpcContainer -Name 'pisahpc-static-*'", "pisahpc-static-cs7-a")]
    [InlineData("'localhost' | Get-HpcContainer -Name pisahpc-static-cs7-a", "pisahpc-static-cs7-a")]
    public void It_is_none_of_the_containers_of_jobs_and_can_be_named(string script, string names) =>
        Assert.Equal(names, string.Join(' ', Containers(script).Select(container => container.Name)));

    [Theory]
    [InlineData("Get-HpcJob")]
    [InlineData("Get-HpcContainer")]
    [InlineData("Get-JobSshConfig")]
    public void An_id_that_is_typed_and_empty_is_an_error(string command) =>
        Assert.Contains("is empty", Run($"{command} -JobId $null").Failure("InvalidValue").Exception.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Get-HpcJob")]
    [InlineData("Get-HpcContainer")]
    [InlineData("Get-JobSshConfig")]
    public void Whatever_asks_for_the_job_of_what_it_is_given_finds_none_for_it(string command)
    {
        var run = Run(command, Static);
        Assert.Empty(run.Errors);
        Assert.Empty(run.Output);
    }

    /// <summary>A slip is no environment that is stopped already, on however many nodes.</summary>
    [Theory]
    [InlineData("Stop-HpcContainer -Static cs8")]
    [InlineData("Stop-HpcContainer -Static cs8 -Node localhost")]
    [InlineData("Wait-HpcContainer -Static cs8, cs8")]
    public void A_static_environment_that_is_neither_declared_nor_found_is_one_error_and_nothing_else(string command)
    {
        var run = Run(command);
        var error = run.Failure("StaticNotFound");
        Assert.Empty(run.Output);
        Assert.Equal("cs8", error.TargetObject);
        Assert.Contains("No node that answered has a container of it.", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_found_and_no_longer_declared_can_be_stopped() =>
        Assert.Equal("cs7", Assert.Single(Containers("Stop-HpcContainer -Static cs7 -WhatIf -PassThru")).Static);

    [Fact]
    public void Objects_with_and_without_a_job_come_through_one_pipeline()
    {
        var run = Run("Get-HpcContainer", Static, Static with { JobId = "42", Static = null });
        Assert.Equal("pisahpc-42-a", run.Single<HpcContainer>().Name);
    }

    [Fact]
    public void A_stop_of_its_job_stops_nothing_and_says_so()
    {
        var run = Run("Stop-HpcJob", Static);
        Assert.Empty(run.Output);
        Assert.StartsWith("ParameterArgumentValidationError", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain(_engine.Requests, request => request.StartsWith("POST", StringComparison.Ordinal) || request.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public void MPI_says_that_it_is_no_job_s()
    {
        var error = Run("Invoke-ContainerMpi hostname", Static).Failure("JobNotFound");
        Assert.Contains("pisahpc-static-cs7-a on localhost is no job's", error.Exception.Message, StringComparison.Ordinal);
    }

    private List<HpcContainer> Containers(string script)
    {
        var run = Run(script);
        Assert.Empty(run.Errors);
        return [.. run.Output.Select(item => Assert.IsType<HpcContainer>(item.BaseObject))];
    }

    private CmdletRun Run(string command, params HpcContainer[] input) =>
        CmdletRun.With(input, $"{command} -Site {_engine.Site}", [.. CmdletFacts.All.Select(cmdlet => (cmdlet.Name, cmdlet.Type))]);
}
