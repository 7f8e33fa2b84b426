using System.Security.Cryptography;
using System.Text;

namespace PisaHpc.BatchHooks;

/// <summary>A file that a host has to have, root's.</summary>
/// <param name="Path">Where.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Mode">Its mode, in octal digits.</param>
internal sealed record HookFile(string Path, ReadOnlyMemory<byte> Content, string Mode)
{
    /// <summary>The mode of what is run.</summary>
    public const string Executable = "755";

    /// <summary>The mode of what is read.</summary>
    public const string Readable = "644";

    /// <summary>A file of text.</summary>
    public HookFile(string path, string text, string mode)
        : this(path, Encoding.UTF8.GetBytes(text), mode)
    {
    }

    /// <summary>The SHA-256 of its bytes, in small letters.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Content.Span));

    /// <summary>How a host says that it stands there: digest, mode and owner's id.</summary>
    public string Standing => $"{Digest} {Mode} 0";
}
