using System.Text;

namespace PisaHpc.HostLists;

/// <summary>
/// A text in which a node's name is left open: those of several nodes are equal where they say the same, and are said once, of a host list.
/// </summary>
/// <param name="Text">The text, with <see cref="Name"/> in the place of the node's name.</param>
internal readonly record struct NodeSentence(string Text)
{
    /// <summary>Stands for the node's name. No message holds one: U+FFFC, the object replacement character of Unicode.</summary>
    private const char Name = '\uFFFC';

    /// <summary>Leaves a node's name open, wherever it stands as a word: <c>o2wn1</c> is none in <c>o2wn10</c>.</summary>
    /// <param name="text">What is said of the node.</param>
    public static NodeSentence Of(string text, string node)
    {
        var at = node.Length == 0 ? -1 : text.IndexOf(node, StringComparison.Ordinal);
        if (at < 0)
        {
            return new NodeSentence(text);
        }

        var open = new StringBuilder(text.Length);
        var from = 0;
        for (; at >= 0; at = text.IndexOf(node, from, StringComparison.Ordinal))
        {
            open.Append(text, from, at - from);
            from = at + node.Length;
            if (IsWord(text, at, from))
            {
                open.Append(Name);
            }
            else
            {
                open.Append(node);
            }
        }

        return new NodeSentence(open.Append(text, from, text.Length - from).ToString());
    }

    /// <summary>Says it of nodes: in the place of the name, or before the text where that names none.</summary>
    /// <param name="nodes">A host list.</param>
    public string On(string nodes) => Text.Contains(Name) ? In(nodes) : $"{nodes}: {Text}";

    /// <summary>The text with nodes in the place of the name; where there is none, as it is.</summary>
    /// <param name="nodes">A host list.</param>
    public string In(string nodes) => Text.Replace(Name.ToString(), nodes, StringComparison.Ordinal);

    private static bool IsWord(string text, int start, int end) =>
        (start == 0 || !char.IsLetterOrDigit(text[start - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end]));
}
