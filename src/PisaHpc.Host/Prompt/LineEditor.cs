namespace PisaHpc.Host.Prompt;

/// <summary>Reads a line from the terminal, key by key.</summary>
internal sealed class LineEditor(TabCompletion completion)
{
    private readonly LineHistory _history = new();
    private readonly LineDisplay _display = new();
    private EditedLine _line = new();

    /// <summary>Reads a line.</summary>
    /// <param name="prompt">What stands before it.</param>
    /// <returns>The line; empty after Ctrl-C, null after Ctrl-D on an empty line.</returns>
    public string? Read(string prompt)
    {
        _line = new EditedLine();
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                _display.Draw(prompt, _line);
                var key = Console.ReadKey(intercept: true);
                if (IsEnd(key) is { } end)
                {
                    _display.Leave(prompt, _line);
                    _history.Add(_line.Text);
                    return end == LineEnd.Input ? null : end == LineEnd.Cancelled ? "" : _line.Text;
                }

                Press(key);
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private enum LineEnd
    {
        Entered,
        Cancelled,
        Input,
    }

    private LineEnd? IsEnd(ConsoleKeyInfo key) => (key.Key, key.Modifiers) switch
    {
        (ConsoleKey.Enter, _) => LineEnd.Entered,
        (ConsoleKey.C, ConsoleModifiers.Control) => LineEnd.Cancelled,
        (ConsoleKey.D, ConsoleModifiers.Control) when _line.Text.Length == 0 => LineEnd.Input,
        _ => null,
    };

    private void Press(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Tab)
        {
            completion.Complete(_line, forward: !key.Modifiers.HasFlag(ConsoleModifiers.Shift));
            return;
        }

        completion.Reset();
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
        {
            PressControl(key.Key);
        }
        else if (!PressNamed(key.Key) && !char.IsControl(key.KeyChar))
        {
            _line.Insert(key.KeyChar.ToString());
        }
    }

    /// <summary>The keys of readline that a shell's user has in the fingers.</summary>
    private void PressControl(ConsoleKey key)
    {
        Action? press = key switch
        {
            ConsoleKey.A => _line.MoveToStart,
            ConsoleKey.E => _line.MoveToEnd,
            ConsoleKey.B => () => _line.Move(-1),
            ConsoleKey.F => () => _line.Move(1),
            ConsoleKey.D => _line.DeleteUnder,
            ConsoleKey.K => _line.DeleteToEnd,
            ConsoleKey.U => _line.DeleteToStart,
            ConsoleKey.W or ConsoleKey.Backspace => _line.DeleteWordBefore,
            ConsoleKey.P => () => Recall(_history.Previous(_line.Text)),
            ConsoleKey.N => () => Recall(_history.Next()),
            ConsoleKey.LeftArrow => _line.MoveToWordBefore,
            ConsoleKey.RightArrow => _line.MoveToWordAfter,
            ConsoleKey.L => _display.Clear,
            _ => null,
        };
        press?.Invoke();
    }

    private bool PressNamed(ConsoleKey key)
    {
        Action? press = key switch
        {
            ConsoleKey.Backspace => _line.DeleteBefore,
            ConsoleKey.Delete => _line.DeleteUnder,
            ConsoleKey.LeftArrow => () => _line.Move(-1),
            ConsoleKey.RightArrow => () => _line.Move(1),
            ConsoleKey.Home => _line.MoveToStart,
            ConsoleKey.End => _line.MoveToEnd,
            ConsoleKey.UpArrow => () => Recall(_history.Previous(_line.Text)),
            ConsoleKey.DownArrow => () => Recall(_history.Next()),
            ConsoleKey.Escape => () => _line.Replace(""),
            _ => null,
        };
        press?.Invoke();
        return press is not null;
    }

    private void Recall(string? line)
    {
        if (line is not null)
        {
            _line.Replace(line);
        }
    }
}
