using System.Globalization;
using PisaHpc.Host.Terminal;

namespace PisaHpc.Host.Prompt;

/// <summary>Draws a line and its prompt on the terminal, over as many rows as it needs.</summary>
internal sealed class LineDisplay
{
    private int _cursorRow;

    /// <summary>Draws from where the line before ended.</summary>
    public void Draw(string prompt, EditedLine line)
    {
        var width = Console.WindowWidth > 0 ? Console.WindowWidth : TerminalRawUserInterface.DefaultWidth;
        var end = prompt.Length + line.Text.Length;
        var cursor = prompt.Length + line.Cursor;

        // To the first row, clear to the end of the screen, write; a line that just fills its row needs a push onto the next one.
        var text = $"{Up(_cursorRow)}\r\e[J{prompt}{line.Text}{(end % width == 0 ? "\r\n" : "")}";
        var column = cursor % width;
        Console.Out.Write($"{text}{Up((end / width) - (cursor / width))}\r{Right(column)}");
        _cursorRow = cursor / width;
    }

    /// <summary>Leaves the line: the cursor goes below it.</summary>
    public void Leave(string prompt, EditedLine line)
    {
        line.MoveToEnd();
        Draw(prompt, line);
        Console.Out.WriteLine();
        _cursorRow = 0;
    }

    /// <summary>Clears the screen.</summary>
    public void Clear()
    {
        Console.Out.Write("\e[H\e[2J");
        _cursorRow = 0;
    }

    // ECMA-48: CUU and CUF move by one where they are given zero.
    private static string Up(int rows) => rows > 0 ? string.Create(CultureInfo.InvariantCulture, $"\e[{rows}A") : "";

    private static string Right(int columns) => columns > 0 ? string.Create(CultureInfo.InvariantCulture, $"\e[{columns}C") : "";
}
