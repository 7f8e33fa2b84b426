namespace PisaHpc.Nodes;

/// <summary>
/// The nodes' turns to speak: what is said of a node while others before it are at work waits until these have said all, so that a slow
/// node holds back only what follows it.
/// </summary>
internal sealed class NodeTurns
{
    private static readonly AsyncLocal<Turn?> Current = new();

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Turn> _begun = [];
    private int _speaking;

    /// <summary>Says something when the turn has come of the node whose work this is; at once where the work is no node's.</summary>
    public static void Say(Action word)
    {
        if (Current.Value is { } turn)
        {
            turn.Say(word);
        }
        else
        {
            word();
        }
    }

    /// <summary>
    /// Has the turn of the node whose work this is last until what is returned is disposed of, where something is said of the node when its
    /// work has ended.
    /// </summary>
    public static IDisposable? Keep() => Current.Value?.Begin();

    /// <summary>Does a node's work, and says all that it says in the node's turn.</summary>
    /// <param name="place">The node's place among the nodes, from 0. Each has its own, and the work of those before it begins too.</param>
    public async Task RunAsync(int place, Func<Task> work)
    {
        using var turn = BeginAt(place);
        Current.Value = turn;
        await work();
    }

    private Turn BeginAt(int place)
    {
        var turn = new Turn(this, place, Current.Value);
        lock (_lock)
        {
            _begun.Add(place, turn);
        }

        return turn.Begin();
    }

    /// <summary>Lets all speak whose turn has come. The lock is the caller's.</summary>
    private void GoOn()
    {
        while (_begun.TryGetValue(_speaking, out var speaker))
        {
            speaker.SayHeld();
            if (!speaker.HasEnded)
            {
                return;
            }

            _begun.Remove(_speaking++);
        }
    }

    private sealed class Turn(NodeTurns turns, int place, Turn? whole) : IDisposable
    {
        private readonly Queue<Action> _held = [];
        private int _speakers;

        public bool HasEnded => _speakers == 0;

        public Turn Begin()
        {
            lock (turns._lock)
            {
                _speakers++;
            }

            return this;
        }

        public void Say(Action word)
        {
            lock (turns._lock)
            {
                _held.Enqueue(word);
                if (place <= turns._speaking)
                {
                    SayHeld();
                }
            }
        }

        public void SayHeld()
        {
            while (_held.TryDequeue(out var word))
            {
                if (whole is null)
                {
                    word();
                }
                else
                {
                    whole.Say(word);
                }
            }
        }

        public void Dispose()
        {
            lock (turns._lock)
            {
                _speakers--;
                turns.GoOn();
            }
        }
    }
}
