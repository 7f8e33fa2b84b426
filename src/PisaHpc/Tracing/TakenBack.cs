using PisaHpc.HostLists;

namespace PisaHpc.Tracing;

/// <summary>
/// What work that was interrupted has taken back, told in a line for each job or static environment once the work has ended. What was taken
/// back before the interruption is a failure's, whose error says so.
/// </summary>
/// <param name="interrupted">Cancelled by whoever interrupts the work.</param>
public sealed class TakenBack(CancellationToken interrupted)
{
    private readonly Lock _gate = new();
    private readonly List<Part> _parts = [];

    /// <summary>Of work whose interruption is told to nobody.</summary>
    public static TakenBack Untold { get; } = new(CancellationToken.None);

    /// <summary>The lines: <c>Job 4711: 2 containers, a port and keys were taken back from o2wn[01-02].</c></summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _parts.Select(part => part.ToString())];
            }
        }
    }

    /// <summary>Containers were removed from a node.</summary>
    /// <param name="whose">What they were of, in words: <c>job 4711</c>.</param>
    /// <param name="count">How many; of none there is nothing to tell.</param>
    internal void AddContainers(string whose, string node, int count) => Add(whose, node, count > 0, part => part.Containers += count);

    /// <summary>A node was rid of a job's keys and of what goes with them.</summary>
    /// <param name="wasThere">Whether there were any.</param>
    internal void AddKeys(string whose, string node, bool wasThere) => Add(whose, node, wasThere, part => part.HasKeys = true);

    /// <summary>A job's port is free again.</summary>
    internal void AddPort(string whose) => Add(whose, node: null, isAny: true, part => part.HasPort = true);

    /// <summary>An image has no longer the name that it was given.</summary>
    /// <param name="name">The name.</param>
    internal void AddName(string whose, string node, string name) => Add(whose, node, isAny: true, part => part.Name = name);

    /// <summary>A node has again what it had before.</summary>
    /// <param name="what">What that is, with its article.</param>
    internal void AddPutBack(string whose, string node, string what) => Add(whose, node: null, isAny: true, part =>
    {
        part.PutBack = what;
        part.PutBackOn.Add(node);
    });

    private void Add(string whose, string? node, bool isAny, Action<Part> add)
    {
        if (!isAny || !interrupted.IsCancellationRequested)
        {
            return;
        }

        lock (_gate)
        {
            var part = _parts.Find(part => part.Whose == whose);
            if (part is null)
            {
                _parts.Add(part = new Part(whose));
            }

            add(part);
            if (node is not null)
            {
                part.From.Add(node);
            }
        }
    }

    /// <summary>What was taken back of one job or static environment.</summary>
    private sealed class Part(string whose)
    {
        public string Whose => whose;

        public int Containers { get; set; }

        public bool HasKeys { get; set; }

        public bool HasPort { get; set; }

        public string? Name { get; set; }

        public string? PutBack { get; set; }

        public HashSet<string> From { get; } = new(StringComparer.Ordinal);

        public HashSet<string> PutBackOn { get; } = new(StringComparer.Ordinal);

        public override string ToString()
        {
            string?[] said =
            [
                Taken(),
                PutBack is null ? null : $"{PutBack} is back on {HostList.FoldFound(PutBackOn)}",
            ];
            return $"{char.ToUpperInvariant(whose[0])}{whose[1..]}: {string.Join("; ", said.OfType<string>())}.";
        }

        private string? Taken()
        {
            string?[] possible =
            [
                Containers > 0 ? Plural.Of(Containers, "container") : null,
                HasPort ? "a port" : null,
                HasKeys ? "keys" : null,
                Name is null ? null : $"the name {Name}",
            ];
            string[] all = [.. possible.OfType<string>()];
            if (all.Length == 0)
            {
                return null;
            }

            var isMany = all.Length > 1 || Containers > 1 || HasKeys;
            var what = all.Length > 1 ? $"{string.Join(", ", all[..^1])} and {all[^1]}" : all[0];
            var where = From.Count > 0 ? $" from {HostList.FoldFound(From)}" : "";
            return $"{what} {(isMany ? "were" : "was")} taken back{where}";
        }
    }
}
