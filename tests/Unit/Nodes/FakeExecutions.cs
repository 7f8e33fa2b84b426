using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

/// <summary>Commands in the containers of a fake engine: what they do, a test says (<see cref="FakeCluster.OnExecute"/>).</summary>
internal sealed class FakeExecutions(FakeCluster cluster, FakeEngine engine) : IExecutions
{
    public async Task<IExecution> StartAsync(string id, ExecutionRequest request, CancellationToken cancellationToken)
    {
        await cluster.StepAsync(engine.Node, FakeStep.Execute, ShellQuoting.Join(request.Command), cancellationToken);
        var container = engine.Containers.FirstOrDefault(known => known.Id == id || known.Name == id)
            ?? throw new HpcException(ErrorId.ContainerNotFound, $"The engine on {engine.Node}: No such container: {id}", engine.Node);
        return container.State == ContainerState.Running
            ? cluster.OnExecute(container, request)
            : throw new HpcException(ErrorId.ContainerNotReady, $"The engine on {engine.Node}: Container {id} is not running", engine.Node);
    }
}

/// <summary>A command in a container of a fake engine.</summary>
public sealed class FakeExecution : IExecution
{
    private readonly TaskCompletionSource<int> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _input;

    private FakeExecution(string output, string error, bool endsWithInput = false)
    {
        (Output, Error) = (Text(output), Text(error));
        _input = endsWithInput ? new EndingStream(() => End(0)) : new MemoryStream();
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _end.Task.IsCompleted;

    public Stream Input => _input;

    public Stream Output { get; }

    public Stream Error { get; }

    /// <summary>What was written to its standard input.</summary>
    public string Read => System.Text.Encoding.UTF8.GetString(_input.ToArray());

    /// <summary>The sizes that its terminal was told.</summary>
    public List<TerminalSize> Sizes { get; } = [];

    /// <summary>A command that has ended.</summary>
    public static FakeExecution Ended(int exitCode, string output = "", string error = "")
    {
        var execution = new FakeExecution(output, error);
        execution.End(exitCode);
        return execution;
    }

    /// <summary>A command that runs until a test, or its caller, ends it.</summary>
    public static FakeExecution Running(string output = "", string error = "") => new(output, error);

    /// <summary>A command that runs until its input ends.</summary>
    public static FakeExecution Held(string output) => new(output, "", endsWithInput: true);

    /// <summary>Ends the command.</summary>
    public void End(int exitCode) => _end.TrySetResult(exitCode);

    public Task<int> WaitAsync(CancellationToken cancellationToken) => _end.Task.WaitAsync(cancellationToken);

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken)
    {
        Sizes.Add(size);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        End(143);
        return ValueTask.CompletedTask;
    }

    private static MemoryStream Text(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));
}
