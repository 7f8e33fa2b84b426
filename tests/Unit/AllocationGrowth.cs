namespace PisaHpc.Unit;

/// <summary>How what work allocates grows with its size: bytes are counted, since times are no test.</summary>
internal static class AllocationGrowth
{
    private const int Few = 1_000;
    private const int Many = 10_000;

    /// <summary>Fails where work of ten times the size allocates more than ten times as much, or less, by a fifth.</summary>
    /// <param name="work">The work of a size, on this thread alone.</param>
    public static void AssertInProportion(Action<int> work)
    {
        // What is made at the first use of something belongs to no size.
        work(Few / 10);
        var (few, many) = (BytesOf(work, Few) / (double)Few, BytesOf(work, Many) / (double)Many);
        Assert.InRange(many / few, 0.8, 1.2);
    }

    private static long BytesOf(Action<int> work, int size)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        work(size);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
