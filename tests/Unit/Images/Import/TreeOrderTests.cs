using System.Text;
using PisaHpc.Images.Import;

namespace PisaHpc.Unit.Images.Import;

public sealed class TreeOrderTests
{
    [Theory]
    [InlineData("|b|a|a/x|", "a", "./|./a/x|./b|./a|")]
    [InlineData("|a-b|a/b|a|", "", "./|./a|./a-b|./a/b|")]
    [InlineData("|a|a/b|a/b/c|", "a/b a", "./|./a/b/c|./a|./a/b|")]
    public void Files_come_by_name_and_directories_with_a_default_list_after_them(string paths, string last, string expected)
    {
        var names = TreeOrder.Of(Bytes(paths), [.. last.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Encoding.UTF8.GetBytes)]);
        Assert.Equal(expected, Encoding.UTF8.GetString(names.Span).Replace('\0', '|'));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text.Replace('|', '\0'));
}
