using System.Management.Automation;
using System.Management.Automation.Host;

namespace PisaHpc.Host.Output;

/// <summary>The columns that a view may fill: those that every view of the module is made for, whatever terminal there may be.</summary>
internal sealed class ViewSize : PSHostRawUserInterface
{
    private const int Columns = 120;
    private const int Rows = 40;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Coordinates CursorPosition { get; set; }

    public override Coordinates WindowPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override Size BufferSize { get; set; } = new(Columns, Rows);

    public override Size WindowSize { get; set; } = new(Columns, Rows);

    public override Size MaxWindowSize => BufferSize;

    public override Size MaxPhysicalWindowSize => BufferSize;

    public override bool KeyAvailable => false;

    public override string WindowTitle { get; set; } = "";

    public override KeyInfo ReadKey(ReadKeyOptions options) => throw NotSupported();

    public override void FlushInputBuffer()
    {
        // No keys are read.
    }

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NotSupported();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw NotSupported();

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NotSupported();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw NotSupported();

    private static PSNotSupportedException NotSupported() =>
        new("pisahpc writes lines; it neither draws on a terminal nor reads keys from one. A person has pwsh.");
}
