using System.Formats.Tar;
using System.Text;
using PisaHpc.Images.Import;

namespace PisaHpc.Unit.Images.Import;

public sealed class ArchiveFormatTests
{
    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public async Task A_tar_is_known_by_its_checksum(TarEntryFormat format)
    {
        using var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, format, leaveOpen: true))
        {
            TarEntry entry = format switch
            {
                TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, "etc/ä"),
                TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, "etc/ä"),
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, "etc/ä"),
                _ => new PaxTarEntry(TarEntryType.RegularFile, "etc/ä"),
            };
            await writer.WriteEntryAsync(entry);
        }

        var head = stream.ToArray()[..ArchiveFormat.HeadBytes];
        Assert.True(ArchiveFormat.IsTar(head));
        Assert.Null(ArchiveFormat.CompressorOf(head));
        head[0] ^= 1;
        Assert.False(ArchiveFormat.IsTar(head));
    }

    [Fact]
    public void Anything_else_is_none()
    {
        Assert.False(ArchiveFormat.IsTar(Encoding.ASCII.GetBytes(new string('x', 512))));
        Assert.False(ArchiveFormat.IsTar(new byte[512]));
        Assert.False(ArchiveFormat.IsTar([]));
    }

    [Theory]
    [InlineData("1f8b0800", "gzip")]
    [InlineData("425a6839", "bzip2")]
    [InlineData("fd377a585a00", "xz")]
    [InlineData("28b52ffd04", "zstd")]
    [InlineData("502a4d18", "zstd")]
    [InlineData("504b0304", null)]
    [InlineData("", null)]
    public void Compression_is_known_by_its_first_bytes(string head, string? program) =>
        Assert.Equal(program, ArchiveFormat.CompressorOf(Convert.FromHexString(head)));
}
