using System.Text.Json;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.House;

/// <summary>What `./build.sh Bench` measures is what bench/figures.json says, and the page is made of nothing else.</summary>
public sealed class BenchTests
{
    private static readonly JsonElement Asked = Read("bench", "figures.json");

    [Fact]
    public void Every_script_is_a_measurement() => Assert.Equal(
        Directory.EnumerateFiles(Checkout.PathOf("bench"), "*.ps1").Select(Path.GetFileNameWithoutExtension).Order(),
        Asked.GetProperty("measurements").EnumerateArray().Select(one => one.GetProperty("name").GetString()).Order());

    [Fact]
    public void The_page_has_a_row_for_every_figure()
    {
        var page = File.ReadAllText(Checkout.PathOf("docs", "performance.md"));
        Assert.All(
            Asked.GetProperty("figures").EnumerateArray().Select(figure => figure.GetProperty("what").GetString()!),
            what => Assert.Contains($"| {what.Replace("|", "\\|", StringComparison.Ordinal)} |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_measured_is_asked_for() => Assert.Subset(
        Ids(Asked).ToHashSet(), Ids(Read("docs", "performance.json"), "Id").ToHashSet());

    [Fact]
    public void What_missed_its_mark_has_a_reason_that_stands_by_itself()
    {
        var reasons = Asked.GetProperty("figures").EnumerateArray().ToDictionary(
            figure => figure.GetProperty("id").GetString()!,
            figure => figure.TryGetProperty("why", out var why) ? why.GetString()! : "");
        var missed = Read("docs", "performance.json").GetProperty("figures").EnumerateArray()
            .Where(figure => figure.GetProperty("Met").ValueKind == JsonValueKind.False)
            .Select(figure => figure.GetProperty("Id").GetString()!);
        Assert.All(missed, id => Assert.Matches("^(?!As (above|at) )[A-Z].*[.]$", reasons[id]));
    }

    private static IEnumerable<string> Ids(JsonElement record, string id = "id") =>
        record.GetProperty("figures").EnumerateArray().Select(figure => figure.GetProperty(id).GetString()!);

    private static JsonElement Read(params string[] file) => JsonDocument.Parse(File.ReadAllText(Checkout.PathOf(file))).RootElement;
}
