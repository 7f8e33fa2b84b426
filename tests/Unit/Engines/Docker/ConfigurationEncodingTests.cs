using System.Text;
using PisaHpc.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>A daemon.json in whatever encoding is taken as an engine takes it, or named.</summary>
public sealed class ConfigurationEncodingTests
{
    private const string File = "/etc/docker/daemon.json";
    private const string Text = "{\n  \"labels\": [ \"owner=Müller €\" ]\n}\n";

    public static TheoryData<Encoding> Marked => [Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode];

    [Theory]
    [MemberData(nameof(Marked))]
    public void What_begins_with_a_byte_order_mark_is_read_as_it_says(Encoding encoding)
    {
        var read = DaemonConfiguration.Parse("o2wn01", File, [.. encoding.Preamble, .. encoding.GetBytes(Text)]);
        Assert.Equal(("owner=Müller €", Text), (Assert.Single(read.List("labels")), read.Source));
        Assert.Equal(Text, DaemonConfiguration.Parse("o2wn01", File, Encoding.UTF8.GetBytes(Text)).Source);
    }

    [Fact]
    public void Latin_1_is_named_with_its_place()
    {
        var failure = Assert.Throws<HpcException>(() => Parse(Encoding.Latin1.GetBytes("{\n  \"a\": 1,\n  \"labels\": [ \"owner=Müller\" ]\n}\n")));
        Assert.Equal((ErrorId.EngineConfigurationInvalid, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains($"{File} on o2wn01, line 3: 0xFC is not UTF-8; it may be Latin-1.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("iconv -f LATIN1 -t UTF-8", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void UTF_16_without_a_mark_is_named()
    {
        Assert.Contains("without a byte order mark, UTF-16LE", Assert.Throws<HpcException>(() => Parse(Encoding.Unicode.GetBytes(Text))).Message, StringComparison.Ordinal);
        var failure = Assert.Throws<HpcException>(() => Parse(Encoding.BigEndianUnicode.GetBytes(Text)));
        Assert.Contains("without a byte order mark, UTF-16BE", failure.Message, StringComparison.Ordinal);
        Assert.Contains("iconv -f UTF-16BE -t UTF-8", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void UTF_32_is_named() => Assert.Contains(
        "it seems to be UTF-32", Assert.Throws<HpcException>(() => Parse([.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(Text)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_a_character_of_UTF_16_is_named() => Assert.Contains(
        "is not UTF-16", Assert.Throws<HpcException>(() => Parse([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Text), 0x41])).Message, StringComparison.Ordinal);

    private static DaemonConfiguration Parse(byte[] content) => DaemonConfiguration.Parse("o2wn01", File, content);
}
