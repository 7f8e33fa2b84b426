using System.IO.Pipelines;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

public sealed class UnbufferedLineStreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(16384)]
    public async Task What_has_arrived_is_read_whatever_its_length_and_though_no_more_comes(int length)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[length]);
        using var reader = new StreamReader(new UnbufferedLineStream(pipe.Reader.AsStream()));
        var text = new char[32768];
        for (var read = 0; read < length;)
        {
            read += await reader.ReadAsync(text, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        }
    }
}
