using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Host;

namespace PisaHpc.Integration.Docs;

/// <summary>The recorded tour in one pwsh: each command gives what the page shows, but for what is another one each time.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed partial class TourTests(LabFixture lab)
{
    private const string JobId = "4711";
    private const string Mark = "-- next --";

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "tour.md"));

    [Fact]
    public async Task Each_command_gives_what_the_page_shows()
    {
        (string Command, string Shown)[] steps =
        [
            .. Step().Matches(Page).Select(step => (step.Groups["command"].Value, step.Groups["shown"].Value)),
        ];
        Assert.InRange(steps.Length, 10, 15);
        // Other tests may have raised more nodes.
        var site = Path.Combine(lab.State.Shared, LabFixture.NewJobId("tour") + ".yaml");
        new LabSite(Names().Replace(LabSite.Of(lab).Text, "names: [ 'o2wn[01-02]' ]")).WriteTo(site);
        try
        {
            // As it is typed: an error names no script and no line.
            var typed = steps.Select(
                step => $"'{Mark}'\n. ([scriptblock]::Create(@'\n{step.Command}\n'@)) *>&1 | Out-String -Width 100\n");
            var output = (await RunAsync(site, string.Concat(typed))).Output;
            var given = output.Replace(site, lab.State.Site, StringComparison.Ordinal).Split(Mark)[1..];
            Assert.Equal(steps.Length, given.Length);
            Assert.All(steps.Zip(given), step => Assert.Equal(
                Settled(step.First.Command, step.First.Shown), Settled(step.First.Command, step.Second)));
        }
        finally
        {
            await RunAsync(site, $"Stop-HpcJob {JobId} -GraceSec 0");
            File.Delete(site);
        }

        await lab.AssertNothingLeftAsync(JobId);
    }

    private static Task<ProcessResult> RunAsync(string site, string script) => Pwsh.RunAsync(
        "-Command",
        $"$env:PISAHPC_SITE = '{site}'; Import-Module '{Repository.Manifest}'; $PSStyle.OutputRendering = 'PlainText'\n{script}");

    /// <summary>A command and its output without what differs from run to run and from machine to machine.</summary>
    private static string Settled(string command, string text)
    {
        text = Space().Replace(text, " ").Trim();
        text = Machine().Replace(text, match => Number().Replace(match.Value, "#"));
        foreach (var varying in (Regex[])[Time(), Port(), Hash(), Age(), Fraction()])
        {
            text = varying.Replace(text, "#");
        }

        return $"{command}\n{text}";
    }

    [GeneratedRegex(@"```powershell\n(?<command>.*?)\n```\n\n```text\n(?<shown>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Step();

    [GeneratedRegex(@"names: \[ .*? \]")]
    private static partial Regex Names();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"Ready [\d. ]+|\d+ cores, \d+ GiB")]
    private static partial Regex Machine();

    [GeneratedRegex(@"[\d.]+")]
    private static partial Regex Number();

    [GeneratedRegex(@"\d+/\d+/\d+ \d+:\d+:\d+ \S+")]
    private static partial Regex Time();

    [GeneratedRegex(@"\b22\d{3}\b")]
    private static partial Regex Port();

    [GeneratedRegex(@"\b[0-9a-f]{8}\b")]
    private static partial Regex Hash();

    [GeneratedRegex(@"\b\d+[sm]\b")]
    private static partial Regex Age();

    [GeneratedRegex(@"\b\d+\.\d+\b")]
    private static partial Regex Fraction();
}
