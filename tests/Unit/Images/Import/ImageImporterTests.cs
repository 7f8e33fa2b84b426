using PisaHpc.Images;
using PisaHpc.Images.Import;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images.Import;

public sealed class ImageImporterTests
{
    private readonly FakeCluster _cluster = new();

    private FakeEngine Engine => _cluster.EngineOf("o2wn01");

    [Fact]
    public async Task The_engine_is_told_the_admin_s_instructions_first_and_then_where_the_image_comes_from()
    {
        await using var source = new KnownSource("/srv/chroots/c $1", "f1", "sha256:aa");
        var plan = await PlanAsync(source, "pisa/c", "CMD [\"/bin/sh\"]", "LABEL pisahpc.image.source=elsewhere");
        Assert.Equal("pisa/c:latest", plan.Import.Name.ToString());
        Assert.Equal(["CMD [\"/bin/sh\"]", "LABEL pisahpc.image.source=elsewhere"], plan.Import.Changes.Take(2));
        var provenance = Assert.Single(plan.Import.Changes.Skip(2));
        Assert.Contains("\"pisahpc.image.source\"=\"/srv/chroots/c \\$1\"", provenance, StringComparison.Ordinal);
        Assert.Contains("\"pisahpc.image.tree-digest\"=\"sha256:aa\"", provenance, StringComparison.Ordinal);
        Assert.Matches("\"pisahpc.image.tool\"=\"PisaHpc [0-9.]+\"", provenance);
        Assert.Equal(Environment.MachineName, plan.Provenance[ImageLabels.Host]);
    }

    [Fact]
    public async Task The_result_tells_the_image_and_its_origin()
    {
        await using var source = new KnownSource("/srv/c", "f1", "sha256:aa");
        var imported = await ImportAsync(source, await PlanAsync(source, "pisa/c:1"));
        Assert.Equal((true, "pisa/c:1", "/srv/c", "sha256:aa"), (imported.Changed, imported.Name, imported.Source, imported.TreeDigest));
        Assert.StartsWith("sha256:", imported.LayerDigest, StringComparison.Ordinal);
        Assert.Equal("content"u8.ToArray(), Engine.Store.Imported["pisa/c:1"]);
    }

    [Theory]
    [InlineData("/srv/c", "f1", "ENV A=b", false, true)]
    [InlineData("/srv/c", "f1", "ENV A=b", true, false)]
    [InlineData("/srv/c", "f2", "ENV A=b", false, false)]
    [InlineData("/srv/c", "f1", "ENV A=c", false, false)]
    [InlineData("/srv/d", "f1", "ENV A=b", false, false)]
    [InlineData("/srv/c", null, "ENV A=b", false, false)]
    public async Task Only_the_same_source_with_the_same_instructions_is_held(
        string path, string? fingerprint, string change, bool again, bool held)
    {
        await using var first = new KnownSource("/srv/c", "f1", null);
        Hold(await PlanAsync(first, "pisa/c:1", "ENV A=b"));
        await using var second = new KnownSource(path, fingerprint, null);
        var plan = await ImageImporter.PlanAsync(Engine, second, "pisa/c:1", [change], again, CancellationToken.None);
        Assert.Equal(held, plan.IsHeld);
        var imported = await ImportAsync(second, plan);
        Assert.Equal(held, !imported.Changed);
        Assert.Equal(held ? 0 : 1, _cluster.Calls.Count(call => call.Step == FakeStep.ImportImage));
    }

    [Fact]
    public async Task An_image_that_was_built_from_an_imported_one_has_its_labels_and_is_another()
    {
        await using var source = new KnownSource("/srv/c", "f1", null);
        var plan = await PlanAsync(source, "pisa/c:1");
        Hold(plan);
        Engine.Store.Add(Engine.Store.Held[0] with { Layers = ["sha256:aa", "sha256:bb"] });
        Assert.False((await PlanAsync(source, "pisa/c:1")).IsHeld);
    }

    [Fact]
    public async Task An_image_that_is_held_is_told_with_its_own_time()
    {
        await using var source = new KnownSource("/srv/c", "f1", null);
        var plan = await PlanAsync(source, "pisa/c:1");
        var labels = new Dictionary<string, string>(plan.Provenance) { [ImageLabels.Time] = "2024-11-05T09:00:00Z" };
        Hold(plan with { Provenance = labels });
        var imported = await ImportAsync(source, await PlanAsync(source, "pisa/c:1"));
        Assert.Equal(new DateTimeOffset(2024, 11, 5, 9, 0, 0, TimeSpan.Zero), imported.ImportedAt);
    }

    [Fact]
    public async Task What_the_reading_warns_of_is_passed_on()
    {
        await using var source = new KnownSource("/srv/c", null, null) { Said = ["it changed"] };
        var warnings = new List<string>();
        await ImageImporter.ImportAsync(Engine, source, await PlanAsync(source, "pisa/c:1"), null, warnings.Add, CancellationToken.None);
        Assert.Equal(["it changed"], warnings);
    }

    [Fact]
    public async Task Who_leaves_after_the_last_byte_has_the_image()
    {
        using var stop = new CancellationTokenSource();
        await using var source = new KnownSource("/srv/c", null, null) { Written = stop.CancelAsync };
        var plan = await PlanAsync(source, "pisa/c:1");
        var imported = await ImageImporter.ImportAsync(Engine, source, plan, null, Assert.Fail, stop.Token);
        Assert.Equal(Engine.Store.Held[0].Id, imported.Id);
    }

    [Theory]
    [InlineData("pisa/c@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("PISA/c")]
    public async Task A_name_that_no_image_can_have_is_refused(string name)
    {
        await using var source = new KnownSource("/srv/c", null, null);
        Assert.Equal(ErrorId.InvalidValue, (await Assert.ThrowsAsync<HpcException>(() => PlanAsync(source, name))).Id);
    }

    private Task<ImageImportPlan> PlanAsync(IImageSource source, string name, params string[] changes) =>
        ImageImporter.PlanAsync(Engine, source, name, changes, again: false, CancellationToken.None);

    private Task<ImportedImage> ImportAsync(IImageSource source, ImageImportPlan plan) =>
        ImageImporter.ImportAsync(Engine, source, plan, null, Assert.Fail, CancellationToken.None);

    private void Hold(ImageImportPlan plan) => Engine.Store.Add(
        FakeImageStore.Image("x", FakeImageStore.Digest('a'), plan.Import.Name.ToString()) with
        {
            Labels = plan.Provenance,
            Layers = ["sha256:aa"],
        });

    private sealed class KnownSource(string path, string? fingerprint, string? digest) : IImageSource
    {
        public string Path => path;

        public string Description => path;

        public string? TreeDigest => digest;

        public string? Fingerprint => fingerprint;

        public IReadOnlyList<string> Warnings => [];

        public IReadOnlyList<string> Said { get; init; } = [];

        public Func<Task> Written { get; init; } = () => Task.CompletedTask;

        public async Task<IReadOnlyList<string>> WriteAsync(
            Stream target, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
        {
            await target.WriteAsync("content"u8.ToArray(), cancellationToken);
            await Written();
            return Said;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
