using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PisaHpc.Host;
using PisaHpc.Host.Output;
using PisaHpc.Host.Scripts;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;
using PisaHpc.Unit.Commands;

namespace PisaHpc.Unit.Face;

/// <summary>Nodes that fail alike are one error, with each node's own failure in it.</summary>
public sealed class ErrorFoldTests
{
    [Fact]
    public void The_same_cause_on_many_nodes_is_one_error_of_a_host_list()
    {
        var run = Run("'o2wn[13-16]'", Unreachable);

        var error = run.Failure("NodeUnreachable");
        Assert.Equal("Node o2wn[13-16] cannot be reached: no route.", error.ToString());
        Assert.Equal("o2wn[13-16]", error.TargetObject);
        Assert.Equal(ErrorCategory.ConnectionError, error.CategoryInfo.Category);
        Assert.EndsWith("ssh o2wn13 true.", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        var failure = Assert.IsType<HpcException>(error.Exception);
        Assert.Equal(["o2wn13", "o2wn14", "o2wn15", "o2wn16"], failure.FailedNodes.Select(node => node.Node));
        Assert.Equal("Node o2wn14 cannot be reached: no route.", failure.FailedNodes[1].Message);
        Assert.Same(failure.FailedNodes[0].Cause, failure.InnerException);
    }

    [Fact]
    public void An_error_of_one_node_is_as_it_was()
    {
        var cause = new HpcException(ErrorId.DiskFull, "o2wn02 has no room.", "o2wn02");
        var error = Run("'o2wn[01-03]'", node => node == "o2wn02" ? cause : null).Failure("DiskFull");
        Assert.Same(cause, error.Exception);
        Assert.Equal("o2wn02", error.TargetObject);
    }

    [Fact]
    public void Different_causes_are_different_errors_in_the_order_of_their_first_nodes()
    {
        var run = Run("'n[1-6]'", node => node switch
        {
            "n2" or "n5" => new HpcException(ErrorId.EngineUnavailable, "The engine does not answer.", node),
            "n3" => new HpcException(ErrorId.EngineUnavailable, "The engine is not there.", node),
            "n4" or "n6" => new HpcException(ErrorId.NodeTimeout, "The engine does not answer.", node),
            _ => null,
        });
        Assert.Equal(
            ["n[2,5]: The engine does not answer.", "The engine is not there.", "n[4,6]: The engine does not answer."],
            run.Errors.Select(error => error.ToString()));
        Assert.Equal(["n1"], run.Output.Select(row => row.BaseObject));
    }

    [Fact]
    public void What_all_are_about_stays_the_target()
    {
        var run = Run("n1, n2", node => new HpcException(ErrorId.ImageNotFound, $"Node {node} has no image a:1.", "a:1"));
        Assert.Equal("a:1", run.Failure("ImageNotFound").TargetObject);
        Assert.Equal("Node n[1-2] has no image a:1.", run.Errors[0].ToString());
    }

    [Fact]
    public void A_bug_on_many_nodes_is_one_error()
    {
        var error = Run("n1, n2", _ => new FormatException("odd")).Failure("InternalError");
        Assert.StartsWith("n[1-2]: Test-Nodes failed", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_one_ends_the_command_where_the_caller_says_so()
    {
        var run = Run("n1, n2 -ErrorAction Stop", node => new HpcException(ErrorId.NodeUnreachable, $"{node} is down.", node));
        Assert.Equal("n1 is down.", run.Failure("NodeUnreachable").Exception.Message);
    }

    [Fact]
    public void A_failure_of_the_whole_that_names_nodes_comes_after_theirs()
    {
        NodesCommand.Whole = new HpcException(ErrorId.JobNotStarted, "Job 1 was not started.", "1")
        {
            FailedNodes = [Full("n1"), Full("n2")],
        };
        var run = Run("n3", node => Full(node).Cause);
        NodesCommand.Whole = null;
        Assert.Equal(["n[1-3] is full.", "Job 1 was not started."], run.Errors.Select(error => error.Exception.Message));
    }

    [Fact]
    public void An_error_of_no_node_comes_after_those_of_before()
    {
        NodesCommand.Last = new HpcException(ErrorId.JobNotFound, "There is no job.", "1");
        var run = Run("n1, n2", node => Full(node).Cause);
        NodesCommand.Last = null;
        Assert.Equal(["n[1-2] is full.", "There is no job."], run.Errors.Select(error => error.Exception.Message));
    }

    [Fact]
    public void Many_are_folded_in_proportion_to_their_number() => AllocationGrowth.AssertInProportion(count =>
    {
        var fold = new ErrorFold();
        for (var index = 0; index < count; index++)
        {
            var node = $"o2wn{index:00000}";
            fold.Add(node, ErrorCatalogue.RecordOf(Unreachable(node)));
            fold.Add(node, ErrorCatalogue.RecordOf(new HpcException(ErrorId.DiskFull, $"{node} lacks {index} bytes.", node)));
        }

        Assert.Equal($"Node o2wn[00000-{count - 1:00000}] cannot be reached: no route.", fold.TryTake()!.Exception.Message);
        var others = 0;
        while (fold.TryTake() is not null)
        {
            others++;
        }

        Assert.Equal(count, others);
    });

    [Fact]
    public async Task What_a_command_that_is_stopped_had_to_say_of_nodes_is_told_by_the_host()
    {
        var begun = NodesCommand.Begun = new TaskCompletionSource();
        using var said = new StringWriter();
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Test-Nodes", typeof(NodesCommand), null));
        var screen = new ScriptUserInterface(new MessageWriter(said, OutputFormat.Json), OutputFormat.Json);
        using var runspace = RunspaceFactory.CreateRunspace(new ScriptHost(screen), state);
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        Func<string, Exception?> fails = Unreachable;
        var running = shell.AddCommand("Test-Nodes").AddParameter("Node", "n[1-2]").AddParameter("Fails", fails).InvokeAsync();
        await begun.Task;

        shell.Stop();

        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        NodesCommand.Begun = null;
        Assert.Contains("NodeUnreachable: Node n[1-2] cannot be reached: no route.", said.ToString(), StringComparison.Ordinal);
    }

    private static HpcException Unreachable(string node) =>
        new(ErrorId.NodeUnreachable, $"Node {node} cannot be reached: no route.", node);

    private static NodeFailure Full(string node) => new(node, new HpcException(ErrorId.DiskFull, $"{node} is full.", node));

    private static CmdletRun Run(string arguments, Func<string, Exception?> fails) =>
        CmdletRun.With([fails], $"& {{ process {{ Test-Nodes {arguments} -Fails $_ }} }}", ("Test-Nodes", typeof(NodesCommand)));

    /// <summary>A cmdlet on nodes of which some fail.</summary>
    [Cmdlet(VerbsDiagnostic.Test, "Nodes")]
    public sealed class NodesCommand : NodeListCmdlet
    {
        internal static Exception? Last { get; set; }

        internal static Exception? Whole { get; set; }

        /// <summary>Set when all nodes have been asked; then the work goes on for ever.</summary>
        internal static TaskCompletionSource? Begun { get; set; }

        /// <summary>How a node fails; null where it does not.</summary>
        [Parameter(Mandatory = true)]
        public Func<string, Exception?> Fails { get; set; } = _ => null;

        protected override async Task EndAsync()
        {
            await OnEachAsync("Working", Phase.Survey, NodesMeant(), (node, _) =>
            {
                if (Fails(node) is { } failure)
                {
                    throw failure;
                }

                Emit(node);
                return Task.CompletedTask;
            });
            if (Begun is not null)
            {
                await CaughtUpAsync();
                Begun.SetResult();
                await Task.Delay(Timeout.Infinite, StopToken);
            }

            if (Last is not null)
            {
                Report(Last);
            }

            if (Whole is not null)
            {
                throw Whole;
            }
        }
    }
}
