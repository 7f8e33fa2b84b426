using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers.Commands;

public sealed class ContainerCommandTests
{
    private static readonly ContainerCommand Id = new() { Command = "id", Arguments = ["-u", "it's"] };

    [Fact]
    public async Task Lines_and_result_say_where_they_come_from()
    {
        var (result, failure, lines) = await RunAsync(Id, FakeExecution.Ended(0, "4001\nend", "warned\n"));
        Assert.Null(failure);
        Assert.Equal((0, true, "id -u 'it'\\''s'", "o2wn01"), (result.ExitCode, result.Succeeded, result.Command, result.Node));
        Assert.Equal(["stderr warned", "stdout 4001", "stdout end"], lines.Select(line => $"{line.Stream} {line}").Order());
        Assert.All(lines, line => Assert.Equal((result.Node, result.Name), (line.Node, line.Name)));
    }

    [Theory]
    [InlineData(7, "ended on o2wn01 with exit code 7.")]
    [InlineData(127, "exit code 127 (it was not found).")]
    [InlineData(78, "exit code 78 (or there is no working directory /srv).")]
    public async Task A_code_is_a_failure_that_is_told_beside_the_result(int code, string words)
    {
        var (result, failure, _) = await RunAsync(Id with { WorkingDirectory = "/srv" }, FakeExecution.Ended(code));
        Assert.Equal((code, false), (result.ExitCode, result.Succeeded));
        Assert.Equal((ErrorId.CommandFailed, "o2wn01"), (failure!.Id, failure.Target));
        Assert.EndsWith(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_reads_is_written_whole()
    {
        var execution = FakeExecution.Running();
        var run = RunAsync(Id with { Input = CommandInput.Of(["one", "zwö"]) }, execution);
        execution.End(0);
        await run;
        Assert.Equal("one\nzwö\n", execution.Read);
    }

    [Fact]
    public async Task Cancelling_ends_it_before_it_returns()
    {
        using var stop = new CancellationTokenSource();
        var execution = FakeExecution.Running();
        var run = RunAsync(Id, execution, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(143, await execution.WaitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Input_that_cannot_be_read_on_ends_the_command_and_is_told()
    {
        var execution = FakeExecution.Running();
        var input = new CommandInput(() => new Broken());
        var failure = await Assert.ThrowsAsync<HpcException>(() => RunAsync(Id with { Input = input }, execution));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Contains("cannot be read on: the disk is gone", failure.Message, StringComparison.Ordinal);
        Assert.Equal(143, await execution.WaitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_pipe_is_no_file_to_read_from_and_nobody_waits_for_its_other_end()
    {
        var pipe = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}");
        using (var make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }

        try
        {
            var failure = Assert.Throws<HpcException>(() => CommandInput.OfFile(pipe));
            Assert.Equal((ErrorId.InvalidValue, pipe), (failure.Id, failure.Target));
        }
        finally
        {
            File.Delete(pipe);
        }
    }

    [Fact]
    public void An_engine_is_asked_to_end_it_with_its_caller()
    {
        var request = (Id with { User = ContainerUser.Parse("root"), WorkingDirectory = "/tmp" }).Execution();
        Assert.True(request.EndsWithCaller);
        Assert.Equal("0:0", request.User);
        Assert.Equal(["other", "/tmp", "id", "-u", "it's"], request.Command.Skip(4));
        Assert.Equal((null, "own"), (Id.Execution().User, Id.Execution().Command[4]));
    }

    [Theory]
    [InlineData("hpcuser")]
    [InlineData("4001")]
    [InlineData("4001:4001:")]
    public void A_user_is_root_or_numbers(string user) =>
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => ContainerUser.Parse(user)).Id);

    [Fact]
    public void What_no_container_can_be_asked_for_is_refused_before()
    {
        Assert.Same(Id, Id.Check());
        Refused(Id with { Command = "" });
        Refused(Id with { Arguments = ["a\0b"] });
        Refused(Id with { WorkingDirectory = "here" });
        Refused(Id with { Variables = new Dictionary<string, string> { ["A B"] = "" } });

        static void Refused(ContainerCommand command) =>
            Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => command.Check()).Id);
    }

    private static async Task<(HpcContainerCommandResult Result, HpcException? Failure, List<HpcContainerOutput> Lines)> RunAsync(
        ContainerCommand command, FakeExecution execution, CancellationToken stop = default)
    {
        var cluster = new FakeCluster { OnExecute = (_, _) => execution };
        var engine = cluster.EngineOf("o2wn01");
        var running = new EngineContainer
        {
            Id = "f00",
            Name = "pisahpc-4711-a",
            Image = "pisa/tiny:1",
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = new Dictionary<string, string>(),
        };
        engine.Add(running);
        var container = ContainerLabels.ToHpcContainer("o2wn01", running);
        var lines = new List<HpcContainerOutput>();
        var (result, failure) = await command.RunAsync(engine, container, WriteAsync, stop);
        return (result, failure, lines);

        Task WriteAsync(IReadOnlyList<HpcContainerOutput> some)
        {
            lock (lines)
            {
                lines.AddRange(some);
            }

            return Task.CompletedTask;
        }
    }

    private sealed class Broken : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("the disk is gone");
    }
}
