namespace PisaHpc.Host.Prompt;

/// <summary>A line while it is typed: its text and where the cursor stands in it.</summary>
internal sealed class EditedLine
{
    /// <summary>The text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The cursor, from 0 to the text's length.</summary>
    public int Cursor { get; private set; }

    /// <summary>Puts another text in its place, the cursor at the end unless told.</summary>
    public void Replace(string text, int? cursor = null)
    {
        Text = text;
        Cursor = Math.Clamp(cursor ?? text.Length, 0, text.Length);
    }

    /// <summary>Writes at the cursor.</summary>
    public void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    /// <summary>Moves the cursor by characters; it stays within the text.</summary>
    public void Move(int by) => Cursor = Math.Clamp(Cursor + by, 0, Text.Length);

    /// <summary>Moves the cursor before the first character.</summary>
    public void MoveToStart() => Cursor = 0;

    /// <summary>Moves the cursor after the last character.</summary>
    public void MoveToEnd() => Cursor = Text.Length;

    /// <summary>Moves the cursor to the start of the word before it.</summary>
    public void MoveToWordBefore() => Cursor = WordBefore();

    /// <summary>Moves the cursor behind the word after it.</summary>
    public void MoveToWordAfter()
    {
        while (Cursor < Text.Length && char.IsWhiteSpace(Text[Cursor]))
        {
            Cursor++;
        }

        while (Cursor < Text.Length && !char.IsWhiteSpace(Text[Cursor]))
        {
            Cursor++;
        }
    }

    /// <summary>Takes the character before the cursor away.</summary>
    public void DeleteBefore()
    {
        if (Cursor > 0)
        {
            Remove(Cursor - 1);
        }
    }

    /// <summary>Takes the character under the cursor away.</summary>
    public void DeleteUnder()
    {
        if (Cursor < Text.Length)
        {
            Text = Text.Remove(Cursor, 1);
        }
    }

    /// <summary>Takes the word before the cursor away.</summary>
    public void DeleteWordBefore() => Remove(WordBefore());

    /// <summary>Takes everything before the cursor away.</summary>
    public void DeleteToStart() => Remove(0);

    /// <summary>Takes everything from the cursor on away.</summary>
    public void DeleteToEnd() => Text = Text[..Cursor];

    private void Remove(int from)
    {
        Text = Text.Remove(from, Cursor - from);
        Cursor = from;
    }

    private int WordBefore()
    {
        var start = Cursor;
        while (start > 0 && char.IsWhiteSpace(Text[start - 1]))
        {
            start--;
        }

        while (start > 0 && !char.IsWhiteSpace(Text[start - 1]))
        {
            start--;
        }

        return start;
    }
}
