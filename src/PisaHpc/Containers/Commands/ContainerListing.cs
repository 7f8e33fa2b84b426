using System.Text;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers.Commands;

/// <summary>What there is in a running container, for whoever types its name.</summary>
internal static class ContainerListing
{
    private static readonly NodeScript List = NodeScript.Of("Containers/Commands/list-inside.sh");

    /// <summary>The programs on the PATH, each by its full path; of several of one name the first, which is the one that runs.</summary>
    public static async Task<IReadOnlyList<string>> ProgramsAsync(
        IContainerEngine engine, string id, CancellationToken cancellationToken) =>
        [.. (await ListAsync(engine, id, "programs", "", cancellationToken)).DistinctBy(path => path[(path.LastIndexOf('/') + 1)..])];

    /// <summary>The directories in a directory, each by its full path; none where it cannot be read.</summary>
    public static Task<IReadOnlyList<string>> DirectoriesAsync(
        IContainerEngine engine, string id, string directory, CancellationToken cancellationToken) =>
        ListAsync(engine, id, "directories", directory, cancellationToken);

    /// <summary>The files and directories in a directory, each by its full path; none where it cannot be read.</summary>
    public static Task<IReadOnlyList<string>> ItemsAsync(
        IContainerEngine engine, string id, string directory, CancellationToken cancellationToken) =>
        ListAsync(engine, id, "items", directory, cancellationToken);

    private static async Task<IReadOnlyList<string>> ListAsync(
        IContainerEngine engine, string id, string what, string directory, CancellationToken cancellationToken)
    {
        var request = new ExecutionRequest(["/bin/sh", "-c", List.Text, List.Name, what, directory]) { EndsWithCaller = true };
        await using var execution = await engine.Executions.StartAsync(id, request, cancellationToken);
        using var reader = new StreamReader(execution.Output, Encoding.UTF8);
        return (await reader.ReadToEndAsync(cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
