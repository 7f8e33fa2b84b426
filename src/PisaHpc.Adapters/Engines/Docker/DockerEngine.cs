using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using PisaHpc.Engines;
using PisaHpc.Engines.Docker;
using ContainerSpec = PisaHpc.Engines.ContainerSpec;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>A node's Docker engine. The client behind it is shared and stays open.</summary>
internal sealed class DockerEngine(EngineClient client) : IContainerEngine
{
    public IEngineAdministration Administration => DockerAdministration.Instance;

    public string Node => client.Node;

    public EngineInfo Info => client.Info;

    public IImageStore Images { get; } = new DockerImages(client);

    public IExecutions Executions { get; } = new DockerExecutions(client);

    public Task<EngineDetails> DescribeAsync(CancellationToken cancellationToken) =>
        client.AskAsync(
            async () => EngineRecords.Of(await client.Requests.System.GetSystemInfoAsync(cancellationToken)), cancellationToken);

    public async Task<string> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var creating = client.AskAsync(
            async () => (await client.Requests.Containers.CreateContainerAsync(ContainerParameters.Of(spec), CancellationToken.None)).ID,
            CancellationToken.None);
        return await EngineClient.MadeAsync(creating, id => RemoveAsync(id, CancellationToken.None), cancellationToken);
    }

    public Task StartAsync(string id, CancellationToken cancellationToken) =>
        client.AskAsync(() => client.Requests.Containers.StartContainerAsync(id, null, cancellationToken), cancellationToken);

    public Task<bool> StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken) => client.AskAsync(
        async () =>
        {
            try
            {
                var wait = new ContainerStopParameters { WaitBeforeKillSeconds = (uint)Math.Ceiling(grace.TotalSeconds) };
                return await client.Answers.Containers.StopContainerAsync(id, wait, cancellationToken);
            }
            catch (DockerContainerNotFoundException)
            {
                return false;
            }
        },
        cancellationToken);

    public Task RestartAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        var wait = new ContainerRestartParameters { WaitBeforeKillSeconds = (uint)Math.Ceiling(grace.TotalSeconds) };
        return client.AskAsync(() => client.Answers.Containers.RestartContainerAsync(id, wait, cancellationToken), cancellationToken);
    }

    public Task UnpauseAsync(string id, CancellationToken cancellationToken) =>
        client.AskAsync(() => client.Requests.Containers.UnpauseContainerAsync(id, cancellationToken), cancellationToken);

    public Task RenameAsync(string id, string name, CancellationToken cancellationToken)
    {
        var wanted = new ContainerRenameParameters { NewName = name };
        return client.AskAsync(() => client.Requests.Containers.RenameContainerAsync(id, wanted, cancellationToken), cancellationToken);
    }

    public Task UpdateAsync(string id, LimitUpdate limits, CancellationToken cancellationToken)
    {
        var wanted = ContainerParameters.Of(limits);
        return client.AskAsync(() => client.Requests.Containers.UpdateContainerAsync(id, wanted, cancellationToken), cancellationToken);
    }

    public async Task<ContainerUsage?> MeasureAsync(string id, CancellationToken cancellationToken)
    {
        // Without one-shot the engine takes a second, for a second sample.
        var once = new ContainerStatsParameters { Stream = false, OneShot = true };
        var sample = new UsageSample();
        await client.AskAsync(
            () => client.Answers.Containers.GetContainerStatsAsync(id, once, sample, cancellationToken), cancellationToken);
        return sample.Answer is { } answer ? UsageRecords.Of(answer) : null;
    }

    public async Task<IAttachment> AttachAsync(string id, CancellationToken cancellationToken) =>
        await DockerAttachment.OpenAsync(client, id, cancellationToken);

    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => client.AskAsync(
        async () =>
        {
            try
            {
                var everything = new ContainerRemoveParameters { Force = true, RemoveVolumes = true };
                await client.Requests.Containers.RemoveContainerAsync(id, everything, cancellationToken);
                return true;
            }
            catch (DockerContainerNotFoundException)
            {
                return false;
            }
            catch (DockerApiException exception) when (exception.StatusCode == HttpStatusCode.Conflict)
            {
                await WaitUntilRemovedAsync(id, cancellationToken);
                return true;
            }
        },
        cancellationToken);

    public async Task<EngineContainer?> FindAsync(string id, CancellationToken cancellationToken) =>
        await ReadAsync(id, cancellationToken) is { } found ? ContainerRecords.Of(found) : null;

    public async Task<ContainerSpec?> SpecificationAsync(string id, CancellationToken cancellationToken) =>
        await ReadAsync(id, cancellationToken) is { } found ? SpecificationRecords.Of(found) : null;

    public async Task<ContainerInspection?> InspectAsync(string id, CancellationToken cancellationToken) =>
        await ReadAsync(id, cancellationToken) is { } found ? InspectionRecords.Of(found) : null;

    public Task<IReadOnlyList<EngineContainer>> ListAsync(
        IReadOnlyDictionary<string, string?> labels,
        CancellationToken cancellationToken) => client.AskAsync<IReadOnlyList<EngineContainer>>(
        async () =>
        {
            var wanted = labels.Select(label => label.Value is null ? label.Key : $"{label.Key}={label.Value}");
            var query = new ContainersListParameters
            {
                All = true,
                Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = wanted.ToDictionary(label => label, _ => true) },
            };
            var answer = await client.Requests.Containers.ListContainersAsync(query, cancellationToken);
            return answer.Select(ContainerRecords.Of).ToList();
        },
        cancellationToken);

    public IAsyncEnumerable<EngineLogLine> ReadLogAsync(string id, LogPart part, CancellationToken cancellationToken) =>
        ContainerLog.ReadAsync(client, id, part, cancellationToken);

    public IAsyncEnumerable<ContainerEvent> ReadEventsAsync(
        DateTimeOffset? since, IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken) =>
        ContainerEvents.ReadAsync(client, since, labels, cancellationToken);

    private Task<ContainerInspectResponse?> ReadAsync(string id, CancellationToken cancellationToken) =>
        client.AskAsync<ContainerInspectResponse?>(
            async () =>
            {
                try
                {
                    return await client.Requests.Containers.InspectContainerAsync(id, cancellationToken);
                }
                catch (DockerContainerNotFoundException)
                {
                    return null;
                }
            },
            cancellationToken);

    /// <summary>Somebody else is removing it: the engine's own wait ends when it is gone.</summary>
    private async Task WaitUntilRemovedAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await client.Streams.PostAsync(
            new Uri($"containers/{Uri.EscapeDataString(id)}/wait?condition=removed", UriKind.Relative), content: null, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.NotFound && await EngineFailure.RefusalAsync(answer, cancellationToken) is { } refusal)
        {
            throw EngineFailure.OfAnswer(answer.StatusCode, refusal, Node);
        }
    }
}
