using System.Globalization;
using PisaHpc.Access.Agent;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Exec;

/// <summary>
/// Commands that the node's engine starts in the container, beside a main process that only sleeps. Nothing has to lie on the node, and
/// nobody gets from one container into another. The image needs a POSIX shell, /bin/sh.
/// </summary>
/// <remarks>A command runs as the container's own user, with the groups that it was made with: the engine is told no other.</remarks>
public sealed record ExecAccess : IContainerAccess
{
    private static readonly NodeScript Sleep = NodeScript.Of("Access/Exec/sleep-and-reap.sh");

    private static readonly ExecutionRequest True = new(["true"]);

    private static readonly TimeSpan Leave = TimeSpan.FromSeconds(5);

    // Between two commands, each of which is some requests to the engine.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>What has to succeed in a container for it to be ready.</summary>
    internal ExecutionRequest Probe { get; init; } = True;

    /// <summary>Why it did not, by its exit code.</summary>
    internal Func<int, string> Refusal { get; init; } = WithTrue;

    /// <inheritdoc/>
    public AccessKind Kind => AccessKind.Exec;

    /// <inheritdoc/>
    public int? Port => null;

    /// <inheritdoc/>
    public string? Directory => null;

    /// <inheritdoc/>
    public JobAgent? Agent => null;

    /// <inheritdoc/>
    public IReadOnlyList<ContainerMount> Mounts => [];

    /// <inheritdoc/>
    public IReadOnlyList<string> MainProcess(HpcEnvironment environment) => Sleep.Command();

    /// <summary>The environment's, and the user's own as a login would set them: an engine knows the image's accounts alone.</summary>
    public IReadOnlyDictionary<string, string> Variables(HpcEnvironment environment, JobOwner owner)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(owner);
        var variables = new Dictionary<string, string> { ["HOME"] = owner.Home, ["LOGNAME"] = owner.Name, ["USER"] = owner.Name };
        foreach (var (name, value) in environment.Variables)
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <inheritdoc/>
    public async Task<string?> TryAsync(ContainerEntry entry, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var said = "no command ended in it";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        try
        {
            while (await RefusalAsync(entry, limit.Token) is { } refusal)
            {
                said = refusal;
                await Task.Delay(Pause, limit.Token);
            }

            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return said;
        }
    }

    /// <inheritdoc/>
    public async Task<INodeProcess> StartAsync(
        ContainerEntry entry, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        await entry.Engine.Executions.StartAsync(entry.Id, new ExecutionRequest(command), cancellationToken);

    private static string WithTrue(int code) => string.Create(CultureInfo.InvariantCulture, $"the command true ended with code {code}");

    /// <summary>Why a command does not run in the container; null when one does.</summary>
    private async Task<string?> RefusalAsync(ContainerEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            var execution = await entry.Engine.Executions.StartAsync(entry.Id, Probe, cancellationToken);
            try
            {
                var code = await execution.WaitAsync(cancellationToken);
                return code == 0 ? null : Refusal(code);
            }
            finally
            {
                // An engine that hangs holds nobody up who leaves.
                await Task.WhenAny(execution.DisposeAsync().AsTask(), Task.Delay(Leave, CancellationToken.None));
            }
        }
        catch (HpcException refusal) when (
            refusal.Id is ErrorId.ContainerNotReady or ErrorId.ContainerNotFound or ErrorId.NodeCommandFailed)
        {
            return refusal.Message.TrimEnd('.');
        }
    }
}
