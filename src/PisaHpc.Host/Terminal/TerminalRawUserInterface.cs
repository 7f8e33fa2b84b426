using System.Management.Automation;
using System.Management.Automation.Host;

namespace PisaHpc.Host.Terminal;

/// <summary>The terminal's size and keys. Without a terminal there is a width all the same: the one every view is made for.</summary>
internal sealed class TerminalRawUserInterface(TerminalState terminal) : PSHostRawUserInterface
{
    /// <summary>The columns that a view may fill where no terminal says otherwise.</summary>
    public const int DefaultWidth = 120;

    private const int DefaultHeight = 40;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Coordinates CursorPosition
    {
        get => terminal.OutputIsTerminal ? new Coordinates(Console.CursorLeft, Console.CursorTop) : new Coordinates(0, 0);
        set => throw NotSupported();
    }

    public override Coordinates WindowPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override Size BufferSize
    {
        get => terminal.OutputIsTerminal && Console.WindowWidth > 0
            ? new Size(Console.WindowWidth, Math.Max(1, Console.WindowHeight))
            : new Size(DefaultWidth, DefaultHeight);
        set => throw NotSupported();
    }

    public override Size WindowSize
    {
        get => BufferSize;
        set => throw NotSupported();
    }

    public override Size MaxWindowSize => BufferSize;

    public override Size MaxPhysicalWindowSize => BufferSize;

    public override bool KeyAvailable => terminal.InputIsTerminal && Console.KeyAvailable;

    public override string WindowTitle { get; set; } = "";

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (!terminal.CanAsk)
        {
            throw new HostException("A key is asked for, and nobody can press one: stdin is not a terminal, or -NonInteractive was given.");
        }

        var key = Console.ReadKey(intercept: options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
        {
            Console.ReadKey(intercept: true);
        }
    }

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NotSupported();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        if (!terminal.OutputIsTerminal)
        {
            throw NotSupported();
        }

        Console.Clear();
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NotSupported();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw NotSupported();

    private static PSNotSupportedException NotSupported() => new("pisahpc writes lines; it does not draw on the terminal's buffer.");
}
