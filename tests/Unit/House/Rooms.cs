using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.House;

/// <summary>The sources, by room: a project below src.</summary>
internal static class Rooms
{
    /// <summary>The C# files of rooms, relative to src.</summary>
    /// <param name="rooms">The projects' names.</param>
    public static IEnumerable<string> SourcesOf(params IReadOnlyList<string> rooms) =>
        from room in rooms
        from path in Directory.EnumerateFiles(Checkout.PathOf("src", room), "*.cs", SearchOption.AllDirectories)
        let file = Path.GetRelativePath(Checkout.PathOf("src"), path)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        orderby file
        select file;

    /// <summary>A room's scripts for nodes, relative to it.</summary>
    public static IEnumerable<string> Scripts(string room = "PisaHpc") =>
        from path in Directory.EnumerateFiles(Checkout.PathOf("src", room), "*.sh", SearchOption.AllDirectories)
        let file = Path.GetRelativePath(Checkout.PathOf("src", room), path)
        where file.Split('/') is [not ("bin" or "obj"), ..]
        orderby file
        select file;

    /// <summary>A script's text.</summary>
    public static string ScriptText(string script, string room = "PisaHpc") => File.ReadAllText(Checkout.PathOf("src", room, script));

    /// <summary>The namespace that a file's folder gives it.</summary>
    public static string NamespaceOf(string file) => Path.GetDirectoryName(file)!.Replace('/', '.');

    /// <summary>A source's text.</summary>
    public static string Text(string file) => File.ReadAllText(Checkout.PathOf("src", file));
}
