namespace PisaHpc.Tracing.Files;

/// <summary>
/// Puts what went on at one place into lanes, in each of which one thing lies wholly within another or after it: a viewer draws a lane's
/// contents below each other, and takes two that cross for a mistake.
/// </summary>
internal static class TraceLanes
{
    /// <summary>The lane of each phase, from 0, in the given order.</summary>
    /// <param name="phases">Ordered by their begin, of two that begin at once the longer first.</param>
    /// <param name="nested">Whether what lies within another thing has its lane.</param>
    public static IReadOnlyList<int> Of(IReadOnlyList<HpcPhase> phases, bool nested)
    {
        var lanes = new List<Stack<DateTimeOffset>>();
        return [.. phases.Select(LaneOf)];

        int LaneOf(HpcPhase phase)
        {
            foreach (var lane in lanes)
            {
                while (lane.TryPeek(out var end) && end <= phase.StartedAt)
                {
                    lane.Pop();
                }
            }

            var free = lanes.FindIndex(lane => !lane.TryPeek(out var around) || (nested && around >= phase.EndedAt));
            if (free < 0)
            {
                lanes.Add(new());
                free = lanes.Count - 1;
            }

            lanes[free].Push(phase.EndedAt);
            return free;
        }
    }
}
