using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Nodes;
using PisaHpc.Unit.House;

namespace PisaHpc.Unit.Nodes;

/// <summary>Scripts for nodes: files of the checkout, read from their room's assembly.</summary>
public sealed partial class NodeScriptTests
{
    private static readonly Dictionary<string, Assembly> Assemblies = new()
    {
        ["PisaHpc"] = typeof(NodeScript).Assembly,
        ["PisaHpc.Adapters"] = typeof(RemoteCommand).Assembly,
    };

    public static IEnumerable<object[]> Scripts =>
        from room in Assemblies.Keys from script in Rooms.Scripts(room) select new object[] { room, script };

    public static TheoryData<string> RoomNames => [.. Assemblies.Keys];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_in_the_checkout_is_in_the_assembly_by_its_path(string room, string name)
    {
        var script = NodeScript.Of(name, Assemblies[room]);
        Assert.Equal(name, script.Name);
        Assert.NotEmpty(script.Text);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_node_is_sent_no_comment_and_no_line_that_includes(string room, string name) => Assert.DoesNotContain(
        NodeScript.Of(name, Assemblies[room]).Text.Split('\n'), line => line.TrimStart() is [] or ['#', ..] || Includes().IsMatch(line));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Each_shell_that_a_node_may_have_can_parse_it(string room, string name)
    {
        string[][] shells = [["/bin/sh"], ["/bin/bash", "--posix"], ["/usr/bin/dash"], ["/usr/bin/busybox", "sh"]];
        var there = shells.Where(shell => File.Exists(shell[0])).ToArray();
        Assert.InRange(there.Length, 2, shells.Length);
        Assert.All(there, shell => Assert.Equal((0, ""), Run(shell[0], [.. shell[1..], "-n", "-c", NodeScript.Of(name, Assemblies[room]).Text])));
    }

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void Each_file_is_run_or_included_and_what_is_named_is_there(string room)
    {
        var run = Rooms.SourcesOf(room).SelectMany(file => Names().Matches(Rooms.Text(file)));
        var included = Rooms.Scripts(room).SelectMany(script => Includes().Matches(Rooms.ScriptText(script, room)));
        Assert.Equal(Rooms.Scripts(room), run.Concat(included).Select(name => name.Groups[1].Value).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Its_name_is_its_own_word_for_itself_and_its_arguments_arrive_as_they_are()
    {
        var script = new NodeScript("Devices/x.sh", "printf '%s|' \"$0\" \"$@\"");
        Assert.Equal((0, "Devices/x.sh|a b|$(c)||"), Run(script.Command("a b", "$(c)", "")));
    }

    [Fact]
    public void One_that_does_not_exist_is_named() =>
        Assert.Contains("Nodes/none.sh", Assert.Throws<FileNotFoundException>(() => NodeScript.Of("Nodes/none.sh")).Message, StringComparison.Ordinal);

    private static (int ExitCode, string Output) Run(IReadOnlyList<string> command) => Run(command[0], command.Skip(1));

    private static (int ExitCode, string Output) Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    [GeneratedRegex("NodeScript[.]Of\\(\"([^\"]+)\"[,)]")]
    private static partial Regex Names();

    [GeneratedRegex("^[.] ([^ \\n]+)$", RegexOptions.Multiline)]
    private static partial Regex Includes();
}
