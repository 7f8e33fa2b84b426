using System.Globalization;

namespace PisaHpc.Bench;

/// <summary>How long a simulated node takes for what it is asked, in seconds, and which nodes are not as they should be.</summary>
internal sealed record NodeModel
{
    /// <summary>Connecting: key exchange and login.</summary>
    public double Connect { get; init; }

    /// <summary>The probe before a plan.</summary>
    public double Survey { get; init; }

    /// <summary>Writing the job's directory.</summary>
    public double Write { get; init; }

    /// <summary>Creating a container.</summary>
    public double Create { get; init; }

    /// <summary>Starting it.</summary>
    public double Start { get; init; }

    /// <summary>The login that shows that it is ready.</summary>
    public double Ready { get; init; }

    /// <summary>Removing a container.</summary>
    public double Remove { get; init; }

    /// <summary>Removing the job's directory.</summary>
    public double RemoveAccess { get; init; }

    /// <summary>The part of each of these in which the node waits for no CPU.</summary>
    public double Idle { get; init; } = 1;

    /// <summary>
    /// The CPU seconds that each second of these takes, where all nodes share <see cref="Cores"/> CPUs, as the lab's do; 0 where each has
    /// its own.
    /// </summary>
    public double Work { get; init; }

    /// <summary>The CPUs that such nodes share.</summary>
    public int Cores { get; init; } = 1;

    /// <summary>How many nodes are worked on at a time.</summary>
    public int Throttle { get; init; } = 256;

    /// <summary>How long a node may take.</summary>
    public double Limit { get; init; } = 60;

    /// <summary>One node in so many has a fault; 0 for none.</summary>
    public int Faulty { get; init; }

    /// <summary>What such nodes have, in turns.</summary>
    public FaultKind Faults { get; init; } = FaultKind.Fails | FaultKind.Slow | FaultKind.Silent;

    /// <summary>In which steps they have it, in turns: by default in those of a look.</summary>
    public NodeStep FaultyAt { get; init; } = NodeStep.Connect | NodeStep.Survey;

    /// <summary>Whether the last node's engine ends as its container is to start: what was started on all others is taken back.</summary>
    public bool LastFails { get; init; }

    /// <summary>How long a node takes for a step, in seconds.</summary>
    public double SecondsOf(NodeStep step) => step switch
    {
        NodeStep.Connect => Connect,
        NodeStep.Survey => Survey,
        NodeStep.Write => Write,
        NodeStep.Create => Create,
        NodeStep.Start => Start,
        NodeStep.Ready => Ready,
        NodeStep.Remove => Remove,
        NodeStep.RemoveAccess => RemoveAccess,
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "A node takes one step at a time."),
    };

    /// <summary>Reads <c>Name=Value</c> words.</summary>
    public static NodeModel Of(IEnumerable<string> words)
    {
        var model = new NodeModel();
        foreach (var (name, value) in words.Select(word => word.Split('=') is [var name, var value] ? (name, value) : (word, "")))
        {
            var member = typeof(NodeModel).GetProperty(name) ?? throw new ArgumentException($"A node's model has no {name}.");
            member.SetValue(model, member.PropertyType.IsEnum
                ? Enum.Parse(member.PropertyType, value)
                : Convert.ChangeType(value, member.PropertyType, CultureInfo.InvariantCulture));
        }

        return model;
    }
}
