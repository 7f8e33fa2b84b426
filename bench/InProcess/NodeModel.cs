using System.Globalization;

namespace PisaHpc.Bench;

/// <summary>How long a simulated node takes for what it is asked, in seconds, and which nodes are not as they should be.</summary>
internal sealed record NodeModel
{
    /// <summary>Connecting: key exchange and login.</summary>
    public double Connect { get; init; } = 0.1;

    /// <summary>The probe before a plan.</summary>
    public double Survey { get; init; } = 0.036;

    /// <summary>Writing the job's directory, or removing it.</summary>
    public double Write { get; init; } = 0.025;

    /// <summary>Creating and starting a container.</summary>
    public double Start { get; init; } = 0.195;

    /// <summary>The login that shows that it is ready.</summary>
    public double Ready { get; init; } = 0.2;

    /// <summary>Removing a container.</summary>
    public double Remove { get; init; } = 0.06;

    /// <summary>
    /// The part of each that is work of a CPU, where all nodes share <see cref="Cores"/> of them, as the lab's do; 0 where each has its
    /// own.
    /// </summary>
    public double Work { get; init; }

    /// <summary>The CPUs that such nodes share.</summary>
    public int Cores { get; init; } = 1;

    /// <summary>How many nodes are worked on at a time.</summary>
    public int Throttle { get; init; } = 256;

    /// <summary>How long a node may take.</summary>
    public double Limit { get; init; } = 60;

    /// <summary>One node in so many fails, is ten times as slow or says nothing, in turns; 0 for none.</summary>
    public int Faulty { get; init; }

    /// <summary>Whether the last node's engine ends as its container is to start: what was started on all others is taken back.</summary>
    public bool LastFails { get; init; }

    /// <summary>Reads <c>Name=Number</c> words.</summary>
    public static NodeModel Of(IEnumerable<string> words)
    {
        var model = new NodeModel();
        foreach (var (name, value) in words.Select(word => word.Split('=') is [var name, var value] ? (name, value) : (word, "")))
        {
            var member = typeof(NodeModel).GetProperty(name) ?? throw new ArgumentException($"A node's model has no {name}.");
            member.SetValue(model, Convert.ChangeType(value, member.PropertyType, CultureInfo.InvariantCulture));
        }

        return model;
    }
}
