using System.Diagnostics;
using PisaHpc.Adapters.Ssh;

namespace PisaHpc.Unit.Ssh;

public sealed class PumpedStreamTests
{
    [Fact]
    public async Task Its_thread_is_in_no_activity_of_whoever_reads_first()
    {
        using var caller = new Activity("a job").Start();
        using var source = new Watched();

        await using var pumped = PumpedStream.Over(source, "test");

        Assert.Equal(0, await pumped.ReadAsync(new byte[1]));
        Assert.Null(source.Seen);
    }

    private sealed class Watched : MemoryStream
    {
        public Activity? Seen { get; private set; } = new("not read");

        public override int Read(byte[] buffer, int offset, int count)
        {
            Seen = Activity.Current;
            return base.Read(buffer, offset, count);
        }
    }
}
