namespace PisaHpc.Images;

/// <summary>Carries bytes from one stream to another in a buffer's worth of memory.</summary>
internal static class StreamCopy
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Copies to the end.</summary>
    /// <param name="source">Where bytes come from; a read that cannot be cancelled is left behind.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="copied">Told of all bytes copied so far.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    public static async Task RunAsync(Stream source, Stream target, Action<long> copied, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        var total = 0L;
        while (await source.ReadAsync(buffer, cancellationToken) is var count && count > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            total += count;
            copied(total);
        }
    }
}
