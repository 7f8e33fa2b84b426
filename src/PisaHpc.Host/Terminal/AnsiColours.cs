namespace PisaHpc.Host.Terminal;

/// <summary>Foreground colours as a terminal takes them (ECMA-48, SGR).</summary>
internal static class AnsiColours
{
    private const string Reset = "\e[0m";

    /// <summary>Paints a text.</summary>
    public static string Paint(string text, ConsoleColor colour) => $"\e[{Code(colour)}m{text}{Reset}";

    private static int Code(ConsoleColor colour) => colour switch
    {
        ConsoleColor.Black => 30,
        ConsoleColor.DarkRed => 31,
        ConsoleColor.DarkGreen => 32,
        ConsoleColor.DarkYellow => 33,
        ConsoleColor.DarkBlue => 34,
        ConsoleColor.DarkMagenta => 35,
        ConsoleColor.DarkCyan => 36,
        ConsoleColor.Gray => 37,
        ConsoleColor.DarkGray => 90,
        ConsoleColor.Red => 91,
        ConsoleColor.Green => 92,
        ConsoleColor.Yellow => 93,
        ConsoleColor.Blue => 94,
        ConsoleColor.Magenta => 95,
        ConsoleColor.Cyan => 96,
        _ => 97,
    };
}
