using System.Text;

namespace PisaHpc.Posix;

/// <summary>
/// A file that is there whole at every time: what reads it while it is written has the old one (rename(2)). A link is followed, and a file
/// that was there keeps its mode; whoever looks at names by their ending sees no unfinished one.
/// </summary>
internal static class WholeFile
{
    /// <summary>Writes a file, in place of one that is there.</summary>
    /// <param name="path">The file's path in full.</param>
    /// <param name="text">All that it holds.</param>
    /// <param name="remedy">The next step, where it cannot be written.</param>
    /// <returns>Whether it holds something else now.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be written.</exception>
    public static bool Write(string path, string text, string remedy) => Change(path, _ => Encoding.UTF8.GetBytes(text), remedy);

    /// <summary>Whether a file is there and holds a text, so that writing it would make no other of it.</summary>
    /// <param name="path">The file's path in full.</param>
    /// <param name="remedy">The next step, where it cannot be read.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be read, and so cannot be written either.</exception>
    public static bool Holds(string path, string text, string remedy) => Try(
        path, () => File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text)), remedy);

    /// <summary>
    /// Writes a file again with a text at its end; one that is not there is made. What was in it stays byte for byte, in whatever encoding.
    /// </summary>
    /// <param name="path">The file's path in full.</param>
    /// <param name="text">What comes to it, on lines of its own.</param>
    /// <param name="remedy">The next step, where it cannot be written.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be read or written.</exception>
    public static void Append(string path, string text, string remedy) =>
        Change(path, before => [.. before, .. before is [.., not (byte)'\n'] ? "\n"u8 : [], .. Encoding.UTF8.GetBytes(text)], remedy);

    /// <summary>Makes the directory in which a file is to be.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be made.</exception>
    public static void CreateDirectoryOf(string path, string remedy) =>
        Try(path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!), remedy);

    /// <summary>Makes sure that a file can be written, before the work is done whose result it is to hold. Nothing is changed.</summary>
    /// <param name="path">The file's path in full.</param>
    /// <param name="remedy">The next step, where it cannot be written.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be written.</exception>
    public static void RequireWritable(string path, string remedy) => Try(
        path,
        () =>
        {
            var target = TargetOf(path);
            var directory = Path.GetDirectoryName(target)!;
            return Directory.Exists(target) ? throw new IOException("It is a directory.")
                : !Directory.Exists(directory) ? throw new DirectoryNotFoundException($"There is no directory {Quote.Name(directory)}.")
                : OperatingSystem.IsLinux() && !LinuxFile.MayWriteIn(directory)
                    ? throw new UnauthorizedAccessException($"In {Quote.Name(directory)} this user may not write.")
                : true;
        },
        remedy);

    private static string TargetOf(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    private static bool Change(string path, Func<byte[], byte[]> content, string remedy) => Try(
        path,
        () =>
        {
            var target = TargetOf(path);
            var isThere = File.Exists(target);
            var before = isThere ? File.ReadAllBytes(target) : [];
            var after = content(before);
            Replace(target, isThere, after);
            return !isThere || !before.AsSpan().SequenceEqual(after);
        },
        remedy);

    private static T Try<T>(string path, Func<T> work, string remedy)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"The file {Quote.Name(path)} cannot be written: {Quote.Cause(exception)}", path, remedy, exception);
        }
    }

    private static void Replace(string target, bool isThere, byte[] content)
    {
        var beside = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}");
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(content);
                if (isThere && !OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(target));
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, target, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
