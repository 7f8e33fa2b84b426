using System.Management.Automation;
using PisaHpc.Audit;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

/// <summary>Of a node's two containers, which are worked on side by side, the second is done first.</summary>
public sealed class ContainerOrderTests : IDisposable
{
    private readonly SocketEngine _engine = new() { Containers = { ["a"] = [], ["b"] = [] } };

    public ContainerOrderTests()
    {
        Signal.Second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _engine.Held["a"] = Signal.Second.Task;
    }

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Findings_come_in_the_order_of_the_containers()
    {
        _engine.Inspected = name =>
        {
            if (name == "b")
            {
                Signal.Give();
            }
        };
        Assert.Equal(["a", "b"], Audited(""));
    }

    /// <summary>Nothing but the second's finding, seen in the pipeline, lets the first be answered.</summary>
    [Fact]
    public void Unordered_findings_come_as_they_are_made() => Assert.Equal(["b", "a"], Audited("-Unordered"));

    [Theory]
    [InlineData("", "a", "b")]
    [InlineData("-Unordered", "b", "a")]
    public void So_do_the_results_of_what_is_done_in_containers(string how, params string[] names)
    {
        var containers = _engine.Containers.Keys.Select(Container);
        var run = CmdletRun.With([.. containers], $"Test-Work -Site {_engine.Site} {how}", ("Test-Work", typeof(WorkCommand)));
        Assert.Empty(run.Errors);
        Assert.Equal(names, run.Output.Select(name => name.ToString()));
    }

    private static HpcContainer Container(string name) => new()
    {
        Node = "localhost",
        Name = name,
        Id = name,
        State = "Running",
        Environment = "debian12",
        Image = "pisa/hpc:deb12",
        Owner = "hpcuser",
        Slots = 1,
        Port = 0,
        ReadyTimeoutSec = 1,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private IEnumerable<string> Audited(string how)
    {
        var run = CmdletRun.Of(
            $"Test-HpcContainer -IncludeForeign -Check Privileged -Site {_engine.Site} {how} "
                + "| ForEach-Object { [PisaHpc.Unit.Commands.ContainerOrderTests+Signal]::Give(); $_ }",
            ("Test-HpcContainer", typeof(TestHpcContainerCommand)));
        Assert.Empty(run.Errors);
        return run.Output.Select(row => ((HpcContainerFinding)row.BaseObject).Name);
    }

    /// <summary>Work in containers: the first ends when the second has.</summary>
    [Cmdlet(VerbsDiagnostic.Test, "Work")]
    public sealed class WorkCommand : ContainerCmdlet
    {
        private protected override async Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
        {
            if (container.Name == "a")
            {
                await Signal.Second.Task.WaitAsync(stopping);
            }

            Emit(container.Name);
            Signal.Give();
        }
    }

    /// <summary>That the second is done, for what runs in a pipeline too.</summary>
    public static class Signal
    {
        internal static TaskCompletionSource Second { get; set; } = new();

        public static void Give() => Second.TrySetResult();
    }
}
