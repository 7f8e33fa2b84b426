using System.Buffers.Binary;
using System.Text;

namespace PisaHpc.Engines.Docker;

/// <summary>
/// The text of an engine's configuration. JSON is UTF-8 (RFC 8259, 8.1); engines from 23.0 on also take what begins with a byte order mark,
/// UTF-16 among it, and older ones do not (moby, daemon/config.go: BOMOverride). Without a mark they put U+FFFD in the place of what is not
/// UTF-8, and say nothing: that is an error here, since the file would be written again without what stood there.
/// </summary>
internal static class ConfigurationEncoding
{
    private static readonly Encoding[] Marked =
    [
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    private static readonly Encoding Unmarked = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file as an engine does.</summary>
    /// <param name="node">The node that it is of.</param>
    /// <param name="file">Its path there.</param>
    /// <param name="content">What it holds.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineConfigurationInvalid"/> with the encoding that it seems to be in.
    /// </exception>
    public static string TextOf(string node, string file, byte[] content)
    {
        var encoding = Array.Find(Marked, candidate => content.AsSpan().StartsWith(candidate.Preamble)) ?? Unmarked;
        var mark = encoding.Preamble.Length;
        if (WordsOfZeros(content.AsSpan(mark), encoding) is { } zeros)
        {
            throw Invalid(node, $"{file} on {node} is not UTF-8: {zeros}.", zeros.Split(' ')[^1]);
        }

        try
        {
            return encoding.GetString(content, mark, content.Length - mark);
        }
        catch (DecoderFallbackException exception)
        {
            var before = content.AsSpan(mark, Math.Clamp(exception.Index, 0, content.Length - mark));
            var line = encoding is UTF8Encoding ? $", line {before.Count((byte)'\n') + 1}" : "";
            var bytes = string.Join(' ', (exception.BytesUnknown ?? []).Select(value => $"0x{value:X2}"));
            throw Invalid(
                node,
                $"{file} on {node}{line}: {bytes} is not {encoding.WebName.ToUpperInvariant()}; it may be Latin-1.",
                "LATIN1",
                exception);
        }
    }

    /// <summary>JSON holds no NUL: where one stands the file is in wider characters than its mark, or no mark, says.</summary>
    private static string? WordsOfZeros(ReadOnlySpan<byte> content, Encoding encoding)
    {
        if (encoding is UnicodeEncoding)
        {
            return content.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(content) == 0 ? "it seems to be UTF-32" : null;
        }

        var zero = content.IndexOf((byte)0);
        return zero < 0 ? null : $"it seems to be, without a byte order mark, {(zero % 2 == 1 ? "UTF-16LE" : "UTF-16BE")}";
    }

    private static HpcException Invalid(string node, string message, string from, Exception? cause = null) => new(
        ErrorId.EngineConfigurationInvalid,
        message,
        node,
        $"Write the file again as UTF-8, the encoding of JSON (RFC 8259): iconv -f {from} -t UTF-8; nothing was changed.",
        cause);
}
