using System.Net.Sockets;
using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>Ctrl-C at a prompt while a table is drawn again and again, or while a look at the nodes has no answer yet.</summary>
public sealed partial class WatchEndTests(WatchEndTests.Prompt prompt) : IClassFixture<WatchEndTests.Prompt>
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("Get-HpcNode -Watch")]
    [InlineData("Get-HpcJob -Watch")]
    [InlineData("Measure-HpcContainer -Watch")]
    public async Task It_gives_the_prompt_back_at_once_with_nothing_of_the_table_behind_it(string command)
    {
        await prompt.Console.TypeAsync($"{command} -ErrorAction SilentlyContinue\r");
        await prompt.Console.ShowsAsync("Ctrl-C ends it.");
        await EndsAsync();
    }

    [Theory]
    [InlineData("Get-HpcNode -Watch")]
    [InlineData("Measure-HpcContainer -Continuous")]
    public async Task It_waits_for_no_node_that_is_asked(string command)
    {
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(prompt.Socket));
        silent.Listen();
        try
        {
            // What shows "asked" comes after the prompt that an earlier test left.
            await prompt.Console.TypeAsync($"'ask' + 'ed'; {command}\r");
            await prompt.Console.ShowsAsync("asked");
            using var asked = await silent.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(30));
            await EndsAsync();
        }
        finally
        {
            File.Delete(prompt.Socket);
        }
    }

    private async Task EndsAsync()
    {
        await prompt.Console.TypeAsync("\u0003");
        var shown = await prompt.Console.ShowsAsync("> ", AtOnce);
        await prompt.Console.TypeAsync("'ali' + 've'\r");
        shown += await prompt.Console.ShowsAsync("alive");
        Assert.DoesNotMatch(OfTable(), shown[shown.IndexOf("> ", StringComparison.Ordinal)..]);
        Assert.True(
            shown.LastIndexOf("\e[?25l", StringComparison.Ordinal) <= shown.LastIndexOf("\e[?25h", StringComparison.Ordinal),
            $"The cursor is hidden:\n{shown}");
    }

    /// <summary>What goes up to a table's first line, or is in it.</summary>
    [GeneratedRegex(@"\e\[\d+A|\e\[H|every \d+ s")]
    private static partial Regex OfTable();

    /// <summary>A pwsh on a terminal. Its site is this machine alone, whose engine is a test's silent one, or not there.</summary>
    public sealed class Prompt : IAsyncLifetime
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-watch-");
        private TerminalPrompt? _console;

        /// <summary>The terminal.</summary>
        public TerminalPrompt Console => _console ?? throw new InvalidOperationException("It was not started.");

        /// <summary>Where the engine would listen.</summary>
        public string Socket => Path.Combine(_directory.FullName, "engine.sock");

        public async Task InitializeAsync()
        {
            var site = Path.Combine(_directory.FullName, "site.yaml");
            await File.WriteAllTextAsync(site, $"nodes: {{ names: localhost, engineSocket: {Socket}, ssh: {{ client: local }} }}\n");
            await Pwsh.RestoredAsync();
            const string Terminal = "stty rows 30 cols 100; exec dotnet pwsh -NoProfile -NoExit -Command \"$0\"";
            _console = TerminalPrompt.Start(
                ["sh", "-c", Terminal, $"Import-Module '{Repository.Manifest}'"],
                new Dictionary<string, string?> { ["PISAHPC_SITE"] = site });
            await _console.ShowsAsync("> ");
        }

        public Task DisposeAsync()
        {
            _console?.Dispose();
            _directory.Delete(recursive: true);
            return Task.CompletedTask;
        }
    }
}
