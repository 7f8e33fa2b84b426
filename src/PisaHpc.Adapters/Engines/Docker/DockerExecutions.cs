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
        var mark = Guid.NewGuid().ToString("N");
        if (!request.EndsWithCaller)
        {
            return await StartAsync(id, request, mark, lifeline: null);
        }

        var lifeline = await ExecutionLifeline.StartAsync(client, this, id, request, mark);
        try
        {
            return await StartAsync(id, request, mark, lifeline);
        }
        catch
        {
            await lifeline.DisposeAsync();
            throw;
        }
    }

    private async Task<DockerExecution> StartAsync(string id, ExecutionRequest request, string mark, ExecutionLifeline? lifeline)
    {
        var execution = await CreateAsync(id, new ContainerExecCreateParameters
        {
            Cmd = ExecutionScripts.Begin(request.Command),
            User = request.User ?? "",
            Env = [.. request.Environment.Select(variable => $"{variable.Key}={variable.Value}"), $"{ExecutionScripts.Mark}={mark}"],
            WorkingDir = request.WorkingDirectory ?? "",
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = true,
            TTY = request.Terminal is not null,
            DetachKeys = DetachKeys,
        });
        var end = new ExecutionEnd(client, this, execution, request, mark);
        UpgradedStream? connection = null;
        try
        {
            connection = await OpenAsync(execution, request.Terminal is not null);
            var frames = new LogFrames(connection, multiplexed: request.Terminal is null);
            var before = await ReadHeadAsync(frames, end, request);
            if (lifeline is not null)
            {
                await lifeline.WatchAsync(end.Leader!);
            }

            var started = new DockerExecution(client, execution, connection, frames, end, before) { Lifeline = lifeline };
            if (request.Terminal is { } size)
            {
                await started.ResizeAsync(size, CancellationToken.None);
            }

            return started;
        }
        catch
        {
            await end.TryAsync();
            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

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
