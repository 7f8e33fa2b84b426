using System.Text;

namespace PisaHpc.Access.Ssh;

/// <summary>A file of a job's directory.</summary>
/// <param name="Name">The name, without a path.</param>
/// <param name="Mode">The permissions.</param>
/// <param name="Content">The text; lines end with a line feed.</param>
public sealed record JobFile(string Name, UnixFileMode Mode, string Content)
{
    /// <summary>The permissions of a secret: 0600.</summary>
    public const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The permissions of everything else: 0644, inside a directory that only its owner enters.</summary>
    public const UnixFileMode Readable = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Name and mode: the content may be a secret and must not end in a log.</summary>
    public override string ToString() => $"{Name} {Convert.ToString((int)Mode, 8)}";

    /// <summary>The content in UTF-8.</summary>
    public byte[] GetBytes() => Encoding.UTF8.GetBytes(Content);
}
