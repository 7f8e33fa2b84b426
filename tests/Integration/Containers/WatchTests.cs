using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Host;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Containers;

/// <summary>What containers use, as a table on a terminal that is drawn again in its place.</summary>
[Collection(LabTests.Name)]
public sealed partial class WatchTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_table_is_drawn_over_the_one_before_and_fits_the_terminal()
    {
        await using var job = new LabJob(_shell, lab, "watch");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        job.Run("Measure-HpcContainer -JobId $JobId -Watch").Failed("InvalidValue");
        foreach (var columns in (int[])[80, 120])
        {
            // Colours are as those of any table: the headers have some, unless NO_COLOR says that nobody wants any.
            var isPlain = columns == 120;
            var shown = await WatchAsync(job.Id, columns, isPlain);
            Assert.NotEqual(isPlain, Colour().IsMatch(shown));
            var up = Assert.Single(Up().Matches(shown));
            var (first, second) = (shown[..up.Index], shown[(up.Index + up.Length)..]);
            var height = int.Parse(up.Groups[1].Value, CultureInfo.InvariantCulture);
            Assert.Contains("Ctrl-C ends it", Lines(first)[^height], StringComparison.Ordinal);
            Assert.Contains("Ctrl-C ends it", Lines(second)[0], StringComparison.Ordinal);
            foreach (var table in (string[])[first, second])
            {
                Assert.Equal(2, Lines(table).Count(line => line.StartsWith("watch-", StringComparison.Ordinal)));
                Assert.All(Lines(table), line => Assert.InRange(line.Length, 0, columns - 1));
            }
        }
    }

    private static async Task<string> WatchAsync(string jobId, int columns, bool isPlain)
    {
        var command = $"Import-Module {Path.Combine(Repository.Root, "PisaHpc.psd1")}; Measure-HpcContainer -JobId {jobId} -Watch -MaxSamples 2";
        await Pwsh.RestoredAsync();
        var run = await TerminalSession.RunAsync(
            ["sh", "-c", $"stty columns {columns} rows 24; exec dotnet pwsh -NoProfile -NonInteractive -Command '{command}'"],
            new Dictionary<string, string?>
            {
                ["TERM"] = "xterm-256color",
                ["NO_COLOR"] = isPlain ? "1" : null,
                ["POWERSHELL_TELEMETRY_OPTOUT"] = "1",
            });
        return run.EndedWith(0).Output;
    }

    /// <summary>The lines as they are seen, without colours and what moves the cursor.</summary>
    private static string[] Lines(string text) =>
        [.. Sequence().Replace(text, "").Split('\n').Select(line => line.Trim('\r')).Where(line => line.Length > 0)];

    [GeneratedRegex(@"\e\[[1-9][0-9;]*m")]
    private static partial Regex Colour();

    [GeneratedRegex(@"\e\[(\d+)A")]
    private static partial Regex Up();

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e[=>]|\e\][^\a]*\a")]
    private static partial Regex Sequence();
}
