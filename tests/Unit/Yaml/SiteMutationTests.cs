using System.Text;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Yaml;

/// <summary>Whatever is done to a definition, reading it ends in a site or in findings.</summary>
public sealed class SiteMutationTests
{
    private const string Seeds = """
        registry: registry.lab:5000
        portArea: { path: /p, first: 22000, last: 22999, timeToLive: 7d }
        nodes: { names: [ 'o2wn[01-02]' ], ssh: { user: root, keys: [ ~/.ssh/id ] } }
        defaults: &d
          mounts: !replace [ /a, '/b:/c:ro', { source: /cvmfs, optional: true } ]
          limits: { memlock: unlimited, openFiles: 4096, shm: 8g, pids: 10 }
          variables: { A: 1, B: "x\ty" }
        environments:
          e: { <<: *d, image: pisa/hpc:deb12, aliases: [ a, b ], devices: all, readyTimeout: 1m }
        queues: { q: { environment: e } }
        """;

    private const string Inserts = ":{}[],'\"!&*<>|%@`#?-~ \t\n\0\u00e9aZ09";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Reading_never_throws(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 400; i++)
        {
            var text = Mutate(random);
            var thrown = Record.Exception(() =>
            {
                var (site, findings) = SiteReader.Examine(SiteText.File, text);
                Assert.Equal(site is null, findings.Any(finding => finding.Severity == nameof(FindingSeverity.Error)));
                Assert.All(findings, finding => Assert.True(finding is { Line: > 0, Column: > 0 }));
            });
            Assert.True(thrown is null, $"{thrown}\n--- in ---\n{text}");
        }
    }

    private static string Mutate(Random random)
    {
        var text = new StringBuilder(Seeds);
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(3))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 8), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, Inserts[random.Next(Inserts.Length)]);
                    break;
                default:
                    var from = random.Next(Seeds.Length);
                    text.Insert(at, Seeds.AsSpan(from, Math.Min(random.Next(1, 20), Seeds.Length - from)));
                    break;
            }
        }

        return text.ToString();
    }
}
