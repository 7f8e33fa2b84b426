namespace PisaHpc.Unit.Nodes;

/// <summary>A command's input, whose end is told.</summary>
internal sealed class EndingStream(Action ended) : MemoryStream
{
    public override ValueTask DisposeAsync()
    {
        ended();
        return base.DisposeAsync();
    }
}
