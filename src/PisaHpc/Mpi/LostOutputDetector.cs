namespace PisaHpc.Mpi;

/// <summary>
/// Notices output that Open MPI up to 4 has thrown away: it reads 4 KiB of a rank at a time, puts a tag before each line, and keeps 8 KiB
/// of that (ORTE_IOF_BASE_TAGGED_OUT_MAX). Many lines at once that are shorter than their tags do not fit. What such a piece leaves is 8
/// KiB of one rank, half of it tags at least, with the next tag in the middle of its last line.
/// </summary>
/// <param name="lost">Told of each rank of which output was lost, once.</param>
internal sealed class LostOutputDetector(Action<int> lost)
{
    private const int MostKept = 8192;
    private readonly Queue<(long Start, int Length)> _tags = [];
    private readonly HashSet<int> _told = [];
    private int _rank = -1;
    private int _length;

    /// <summary>Takes a tag.</summary>
    /// <param name="rank">Its rank.</param>
    /// <param name="start">Where it starts in the output.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="cut">Whether it stands behind something in its line.</param>
    public void Observe(int rank, long start, int length, bool cut)
    {
        while (_tags.TryPeek(out var old) && old.Start < start - MostKept)
        {
            _length -= _tags.Dequeue().Length;
        }

        if (cut && _tags.TryPeek(out var first) && first.Start == start - MostKept && _length >= MostKept / 2 && _told.Add(_rank))
        {
            lost(_rank);
        }

        // A tag in the middle of a line starts a piece, and so does another rank's.
        if (cut || rank != _rank)
        {
            _tags.Clear();
            _length = 0;
            _rank = rank;
        }

        _tags.Enqueue((start, length));
        _length += length;
    }
}
