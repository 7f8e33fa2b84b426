using System.Globalization;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>What the engine tells of containers, in the domain's terms.</summary>
internal static class ContainerRecords
{
    /// <summary>A container from an inspection.</summary>
    public static EngineContainer Of(ContainerInspectResponse answer)
    {
        var status = answer.State ?? new State { Status = "dead" };
        var state = StateOf(status.Status);
        return new EngineContainer
        {
            Id = answer.ID,
            Name = answer.Name.TrimStart('/'),
            Image = answer.Config?.Image ?? answer.Image,
            ImageId = answer.Image,
            State = state,
            ExitCode = state is ContainerState.Exited or ContainerState.Dead ? (int)status.ExitCode : null,
            OutOfMemory = status.OOMKilled,
            Error = status.Error,
            CreatedAt = UtcOf(answer.Created),
            StartedAt = TimeOf(status.StartedAt),
            Labels = LabelsOf(answer.Config?.Labels),
        };
    }

    /// <summary>A container from a listing.</summary>
    public static EngineContainer Of(ContainerListResponse answer) => new()
    {
        Id = answer.ID,
        Name = answer.Names.FirstOrDefault()?.TrimStart('/') ?? "",
        Image = answer.Image,
        ImageId = answer.ImageID,
        State = StateOf(answer.State),
        CreatedAt = UtcOf(answer.Created),
        Published =
        [
            .. from port in answer.Ports ?? []
               let number = port.PublicPort ?? 0
               where number > 0
               select new PublishedPort(port.IP ?? "", number, port.Type),
        ],
        Labels = LabelsOf(answer.Labels),
    };

    /// <summary>A state from the engine's word for it.</summary>
    public static ContainerState StateOf(string status) => Enum.TryParse<ContainerState>(status, ignoreCase: true, out var state)
        ? state
        : throw new InvalidDataException($"The engine gives {Quote.Of(status)} as a container's state.");

    /// <summary>Labels; none where the engine writes null.</summary>
    public static Dictionary<string, string> LabelsOf(IDictionary<string, string>? labels) =>
        new(labels ?? new Dictionary<string, string>(), StringComparer.Ordinal);

    /// <summary>A time, which the engine writes in UTC.</summary>
    public static DateTimeOffset UtcOf(DateTime time) =>
        new(time.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : time);

    /// <summary>Year 1 is how the engine writes "never".</summary>
    private static DateTimeOffset? TimeOf(string text) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            && time.Year > 1 ? time : null;
}
