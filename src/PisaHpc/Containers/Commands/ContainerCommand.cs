using System.Diagnostics;
using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers.Commands;

/// <summary>
/// A command in a container, of a job or of a static environment. The engine starts it: so it may be root's, and needs no agent in the
/// container. It ends with its caller, as soon as the node notices that this is gone.
/// </summary>
public sealed record ContainerCommand
{
    private const int NoDirectory = 78;

    private static readonly TimeSpan Leave = TimeSpan.FromMilliseconds(100);

    private static readonly NodeScript RunInside = NodeScript.Of("Containers/Commands/run-inside.sh");

    /// <summary>The program, as the container knows it.</summary>
    public required string Command { get; init; }

    /// <summary>Its arguments, passed as they are.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>As whom it runs.</summary>
    public ContainerUser User { get; init; } = ContainerUser.Owner;

    /// <summary>The working directory in the container; null for the user's home, or / without one.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables beside the container's own.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>What it reads.</summary>
    public CommandInput Input { get; init; } = CommandInput.None;

    /// <summary>The program and its arguments, as a shell would take them.</summary>
    public string Line => ShellQuoting.Join([Command, .. Arguments]);

    /// <summary>Looks whether it can be asked for.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>.</exception>
    public ContainerCommand Check()
    {
        Check([Command, .. Arguments, .. Variables.Values], WorkingDirectory);
        return Variables.Keys.FirstOrDefault(name => !VariableName.IsOne(name)) is not { } wrong
            ? this
            : throw new HpcException(
                ErrorId.InvalidValue, $"{Quote.Of(wrong)} is not a variable's name: expected letters, digits and _.", wrong);
    }

    /// <summary>Looks whether words can be a program, if there are any, and what it is given.</summary>
    internal static void Check(IReadOnlyList<string> words, string? workingDirectory)
    {
        var wrong = words is ["", ..] ? "No command is named."
            : words.Append(workingDirectory).Any(value => value?.Contains('\0', StringComparison.Ordinal) == true)
                ? "A word of a command, a directory and a variable cannot hold a NUL character."
            : workingDirectory is not (null or ['/', ..])
                ? $"Working directory {Quote.Of(workingDirectory)} is not an absolute path."
            : null;
        if (wrong is not null)
        {
            throw new HpcException(ErrorId.InvalidValue, wrong, words is [var first, ..] ? first : null);
        }
    }

    /// <summary>Runs it in a container to its end.</summary>
    /// <param name="engine">The engine of the container's node.</param>
    /// <param name="container">The container, which runs.</param>
    /// <param name="output">Takes lines as they arrive; while it does, the command may be held up.</param>
    /// <param name="cancellationToken">Ends the command, with all that it started, before this returns.</param>
    /// <returns>How it ended, and why that is a failure; null when it is none.</returns>
    /// <exception cref="HpcException">The ids of <see cref="IExecutions.StartAsync"/> and of the connection.</exception>
    public async Task<(HpcContainerCommandResult Result, HpcException? Failure)> RunAsync(
        IContainerEngine engine,
        HpcContainer container,
        Func<IReadOnlyList<HpcContainerOutput>, Task> output,
        CancellationToken cancellationToken)
    {
        var (clock, started) = (Stopwatch.StartNew(), DateTimeOffset.UtcNow);
        await using var execution = await engine.Executions.StartAsync(container.Id, Execution(), cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(execution.Input, ended);
        int code;
        try
        {
            await Task.WhenAll(
                ReadAsync(container, "stdout", execution.Output, output, ended.Token),
                ReadAsync(container, "stderr", execution.Error, output, ended.Token));
            code = await execution.WaitAsync(ended.Token);
        }
        finally
        {
            await ended.CancelAsync();

            // What is being written into a command that ended is given up when the execution is disposed of.
            await Task.WhenAny(feeding, Task.Delay(Leave, CancellationToken.None));
            await (feeding.IsFaulted ? feeding : Task.CompletedTask);
        }

        return (HpcContainerCommandResult.Of(container, Line, code, started, clock.Elapsed), code == 0 ? null : Failure(container, code));
    }

    /// <summary>What the engine is asked to start.</summary>
    internal ExecutionRequest Execution() => new(
        ["/bin/sh", "-c", RunInside.Text, RunInside.Name, User.Kind, WorkingDirectory ?? "", Command, .. Arguments])
    {
        User = User.Id,
        Environment = Variables,
        EndsWithCaller = true,
    };

    private static async Task ReadAsync(
        HpcContainer container,
        string name,
        Stream stream,
        Func<IReadOnlyList<HpcContainerOutput>, Task> output,
        CancellationToken cancellationToken)
    {
        await foreach (var lines in OutputLines.ReadAsync(stream, cancellationToken))
        {
            var now = DateTimeOffset.UtcNow;
            await output([.. lines.Select(line => new HpcContainerOutput(container.Node, container.Name, container.JobId, name, line, now)
            {
                Static = container.Static,
            })]);
        }
    }

    /// <summary>Writes the input. A command that does not get all of it, since that cannot be read, is ended.</summary>
    private async Task FeedAsync(Stream target, CancellationTokenSource ended)
    {
        try
        {
            await Input.WriteToAsync(target, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The command has ended, or is to: it reads no more.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await ended.CancelAsync();
            throw new HpcException(
                ErrorId.InvalidValue, $"The input of {Quote.Of(Command)} cannot be read on: {Quote.Cause(failure)}", Command,
                "The command was ended. Run it again with input that can be read to its end.");
        }
    }

    private HpcException Failure(HpcContainer container, int code) => new(
        ErrorId.CommandFailed,
        string.Create(
            CultureInfo.InvariantCulture,
            $"Container {container.Name}: {Quote.Of(Command)} ended on {container.Node} with exit code {code}{Why(code)}."),
        container.Node);

    private string Why(int code) => code switch
    {
        NoDirectory when WorkingDirectory is not null => $" (or there is no working directory {Quote.Name(WorkingDirectory)})",
        126 => " (it may not be executed)",
        127 => " (it was not found)",
        _ => "",
    };
}

/// <summary>A line that a command in a container wrote.</summary>
/// <param name="Node">The container's node.</param>
/// <param name="Name">The container's name.</param>
/// <param name="JobId">The job; null when the container is no job's.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">The line without its line end; of a line above 1 MiB a piece.</param>
/// <param name="Time">When it arrived, in UTC.</param>
public sealed record HpcContainerOutput(string Node, string Name, string? JobId, string Stream, string Text, DateTimeOffset Time)
{
    /// <summary>The static environment; null when the container is none's.</summary>
    public string? Static { get; init; }

    /// <summary>The line.</summary>
    public override string ToString() => Text;
}

/// <summary>How a command in a container ended.</summary>
public sealed record HpcContainerCommandResult
{
    /// <summary>The container's node.</summary>
    public required string Node { get; init; }

    /// <summary>The container's name.</summary>
    public required string Name { get; init; }

    /// <summary>The job; null when the container is no job's.</summary>
    public required string? JobId { get; init; }

    /// <summary>The static environment; null when the container is none's.</summary>
    public required string? Static { get; init; }

    /// <summary>The program and its arguments, as a shell would take them.</summary>
    public required string Command { get; init; }

    /// <summary>Whether it ended with 0.</summary>
    public bool Succeeded => ExitCode == 0;

    /// <summary>The exit code; 128 + n when signal n ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>When it was asked for, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took, the way there included, in seconds.</summary>
    public required double DurationSec { get; init; }

    /// <summary>The end of a command in a container.</summary>
    internal static HpcContainerCommandResult Of(
        HpcContainer container, string command, int code, DateTimeOffset started, TimeSpan took) =>
        new()
        {
            Node = container.Node,
            Name = container.Name,
            JobId = container.JobId,
            Static = container.Static,
            Command = command,
            ExitCode = code,
            StartedAt = started,
            DurationSec = Math.Round(took.TotalSeconds, 3),
        };

    /// <summary>The container, and how its command ended.</summary>
    public override string ToString() => $"{Name} on {Node}: {Command} ended with {ExitCode}";
}
