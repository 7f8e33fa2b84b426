using System.Reflection;
using System.Text;

namespace PisaHpc.Nodes;

/// <summary>
/// A POSIX shell script that runs on nodes: a .sh file in the folder of its concept, embedded in its room's assembly. It is sent with its
/// command, so that nothing has to be installed on a node; what it depends on comes as arguments, and no value is put into its text.
/// </summary>
/// <param name="Name">Its path below its room, src/PisaHpc or src/PisaHpc.Adapters, which is its <c>$0</c> too.</param>
/// <param name="Text">What a shell is given, with what it includes. Comments and blank lines are for readers here, and left out.</param>
internal sealed record NodeScript(string Name, string Text)
{
    private const string Include = ". ";

    /// <summary>
    /// Reads a script. A line <c>. FOLDER/FILE.sh</c> stands for that file, whole, as it does for shellcheck and for a shell in the room.
    /// </summary>
    /// <param name="name">The path below the room.</param>
    /// <param name="room">The room's assembly; null for the domain's.</param>
    /// <exception cref="FileNotFoundException">No such file was there when the assembly was built.</exception>
    public static NodeScript Of(string name, Assembly? room = null) =>
        new(name, string.Join('\n', Lines(name, room ?? typeof(NodeScript).Assembly)));

    /// <summary>The command that runs it.</summary>
    /// <param name="arguments">Its arguments.</param>
    public IReadOnlyList<string> Command(params IEnumerable<string> arguments) => ["sh", "-c", Text, Name, .. arguments];

    /// <summary>The name of the script that a command runs; null for a command that is no script's.</summary>
    public static string? NameIn(IReadOnlyList<string> command) =>
        command is ["sh", "-c", _, var name, ..] && name.EndsWith(".sh", StringComparison.Ordinal) ? name : null;

    private static IEnumerable<string> Lines(string name, Assembly room) =>
        from line in Resource(name, room).Split('\n')
        where line.TrimStart() is [not '#', ..]
        from sent in line.StartsWith(Include, StringComparison.Ordinal) ? Lines(line[Include.Length..], room) : [line]
        select sent;

    private static string Resource(string name, Assembly room)
    {
        using var stream = room.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException($"There is no script {name} in {room.GetName().Name}.", name);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
