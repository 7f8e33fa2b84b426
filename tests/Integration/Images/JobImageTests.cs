using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Images;

/// <summary>All containers of a job run one image, and the engines say so.</summary>
[Collection(LabTests.Name)]
public sealed class JobImageTests(LabFixture lab) : IDisposable
{
    private const string Image = "registry.lab:5000/pisa/tiny:1";
    private const string Own = "registry.lab:5000/try/images/own:1";
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Containers_run_by_the_digest_that_the_plan_names()
    {
        await using var job = new LabJob(_shell, lab, "digest");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var held = (await lab.Nodes[0].DockerAsync("image", "inspect", "--format", "{{.Id}} {{index .RepoDigests 0}}", Image)).EndedWith(0).Output.Trim().Split(' ');
        var digest = held[1].Split('@')[1];
        foreach (var node in lab.Nodes.Take(2))
        {
            var name = Assert.Single(await job.ContainersAsync(node));
            var runs = (await node.DockerAsync("inspect", "--format", "{{.Config.Image}} {{.Image}}", name)).EndedWith(0).Output.Trim();
            Assert.Equal($"{Image}@{digest} {held[0]}", runs);
        }

        dynamic container = job.Run("Get-HpcContainer -Node o2wn01 -JobId $JobId").Single();
        Assert.Equal((Image, digest), ((string)container.Image, (string)container.ImageDigest));
    }

    [Fact]
    public async Task Nodes_that_hold_different_images_under_one_name_start_nothing()
    {
        var images = (await lab.Nodes[0].DockerAsync("image", "ls", "--quiet", "--no-trunc", "registry.lab:5000/pisa/*")).EndedWith(0).Lines.Distinct().ToList();
        try
        {
            (await lab.Nodes[0].DockerAsync("tag", images[0], Own)).EndedWith(0);
            (await lab.Nodes[1].DockerAsync("tag", images[1], Own)).EndedWith(0);
            await using var job = new LabJob(_shell, lab, "mixed");
            var failure = job.Run($"$allocation | Start-HpcJob -Environment tiny -Image {Own}").Failed("ImageMismatch");
            Assert.Contains("o2wn01 holds ", failure.ToString(), StringComparison.Ordinal);
            Assert.Contains("Update-HpcImage", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            Assert.Empty(await job.ContainersAsync(lab.Nodes[0]));
        }
        finally
        {
            await lab.Nodes[0].DockerAsync("image", "rm", Own);
            await lab.Nodes[1].DockerAsync("image", "rm", Own);
        }
    }
}
