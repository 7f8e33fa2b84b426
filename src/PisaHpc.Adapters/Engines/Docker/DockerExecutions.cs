using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>Commands in the containers of a node's Docker engine.</summary>
internal sealed class DockerExecutions(EngineClient client) : IExecutions
{
    /// <summary>
    /// A terminal's input is searched for keys that detach from it, ctrl-p ctrl-q if nobody says otherwise, and the first of them is held
    /// back until the next comes. Of the keys that it takes this one is typed least, and nobody types it eight times.
    /// </summary>
    internal const string DetachKeys = "ctrl-^,ctrl-^,ctrl-^,ctrl-^,ctrl-^,ctrl-^,ctrl-^,ctrl-^";

    private const int LongestHead = 64 * 1024;

    public async Task<IExecution> StartAsync(string id, ExecutionRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(request.Command.Count);
        cancellationToken.ThrowIfCancellationRequested();
        return await EngineClient.MadeAsync(
            StartAsync(id, request), execution => execution.DisposeAsync().AsTask(), cancellationToken);
    }

    /// <summary>Creates an execution, whose stream the caller opens.</summary>
    internal Task<string> CreateAsync(string id, ContainerExecCreateParameters parameters) => client.AskAsync(
        async () => (await client.Requests.Exec.CreateContainerExecAsync(id, parameters, CancellationToken.None)).ID,
        CancellationToken.None);

    /// <summary>Starts what was created.</summary>
    internal Task<UpgradedStream> OpenAsync(string execution, bool terminal) => client.AskAsync(
        () => UpgradedStream.OpenAsync(
            client,
            $"exec/{execution}/start",
            JsonContent.Create(new ExecutionStart(Detach: false, terminal), ExecutionStartJson.Default.ExecutionStart),
            CancellationToken.None),
        CancellationToken.None);

    /// <summary>The failure of a command that was not run.</summary>
    /// <param name="words">What the engine said instead.</param>
    internal HpcException NotRun(ExecutionRequest request, string words) => new(
        ErrorId.NodeCommandFailed,
        $"The engine on {client.Node} cannot run {Quote.Of(request.Command[0])} in the container: {Quote.Words(words)}",
        client.Node,
        "A container that commands are run in needs /bin/sh, the user that was asked for and the working directory.");

    private async Task<DockerExecution> StartAsync(string id, ExecutionRequest request)
    {
        var variables = request.User is null ? [] : ExecutionTarget.Without(await EnvironmentAsync(id));
        var target = new ExecutionTarget(id, request, Guid.NewGuid().ToString("N"), variables);
        if (!request.EndsWithCaller)
        {
            return await StartAsync(target, lifeline: null);
        }

        var lifeline = await ExecutionLifeline.StartAsync(client, this, target);
        try
        {
            return await StartAsync(target, lifeline);
        }
        catch
        {
            await lifeline.DisposeAsync();
            throw;
        }
    }

    private async Task<DockerExecution> StartAsync(ExecutionTarget target, ExecutionLifeline? lifeline)
    {
        var request = target.Request;
        var terminal = request.Terminal is not null;
        var execution = await CreateAsync(target.Container, new ContainerExecCreateParameters
        {
            Cmd = ExecutionScripts.Begin(request.Command),
            User = request.User ?? "",
            Env =
            [
                .. target.Variables,
                .. request.Environment.Select(variable => $"{variable.Key}={variable.Value}"),
                $"{ExecutionScripts.Mark}={target.Mark}",
            ],
            WorkingDir = request.WorkingDirectory ?? "",
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = true,
            TTY = terminal,
            DetachKeys = DetachKeys,
        });
        var end = new ExecutionEnd(client, this, execution, target, lifeline);
        UpgradedStream? connection = null;
        try
        {
            connection = await OpenAsync(execution, terminal);
            var frames = new LogFrames(connection, multiplexed: !terminal);
            var before = await ReadHeadAsync(frames, end, request);
            await (lifeline?.WatchAsync(end.Leader!) ?? Task.CompletedTask);
            var started = new DockerExecution(client, execution, connection, frames, end, lifeline, before);
            return request.Terminal is { } size ? await SizedAsync(started, size) : started;
        }
        catch
        {
            if (await end.TryAsync() && lifeline is not null)
            {
                await lifeline.ReleaseAsync();
            }

            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    private static async Task<DockerExecution> SizedAsync(DockerExecution execution, TerminalSize size)
    {
        try
        {
            await execution.ResizeAsync(size, CancellationToken.None);
            return execution;
        }
        catch
        {
            await execution.DisposeAsync();
            throw;
        }
    }

    private async Task<IEnumerable<string>?> EnvironmentAsync(string id) => (await client.AskAsync(
        () => client.Requests.Containers.InspectContainerAsync(id, CancellationToken.None), CancellationToken.None)).Config?.Env;

    /// <summary>Reads the command's first line, and gives what came with it.</summary>
    private async Task<List<LogFrame>> ReadHeadAsync(LogFrames frames, ExecutionEnd end, ExecutionRequest request)
    {
        using var output = new MemoryStream();
        var before = new List<LogFrame>();
        while (output.Length < LongestHead && await NextAsync(frames) is { } frame)
        {
            if (frame.Stream == "stderr")
            {
                before.Add(frame);
                continue;
            }

            output.Write(frame.Bytes.Span);
            if (ExecutionScripts.TryReadHead(output.GetBuffer().AsSpan(0, (int)output.Length), out var length) is { } leader)
            {
                end.Leader = leader;
                return [.. before, new LogFrame("stdout", output.ToArray().AsMemory(length))];
            }
        }

        var words = Encoding.UTF8.GetString([.. output.ToArray(), .. before.SelectMany(frame => frame.Bytes.ToArray())]).Trim();
        throw NotRun(request, words);
    }

    private Task<LogFrame?> NextAsync(LogFrames frames) =>
        client.AskAsync(() => frames.NextAsync(CancellationToken.None), CancellationToken.None);
}

/// <summary>How an execution is started (Docker Engine API, "Start an exec instance").</summary>
internal sealed record ExecutionStart(
    [property: JsonPropertyName("Detach")] bool Detach, [property: JsonPropertyName("Tty")] bool Tty);

/// <summary>The request's form, known when it is compiled.</summary>
[JsonSerializable(typeof(ExecutionStart))]
internal sealed partial class ExecutionStartJson : JsonSerializerContext;
