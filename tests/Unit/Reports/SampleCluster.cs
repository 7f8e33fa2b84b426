using PisaHpc.Environments;
using PisaHpc.Images;
using PisaHpc.Jobs;
using PisaHpc.Ports;
using PisaHpc.Preflight;
using PisaHpc.Reports;

namespace PisaHpc.Unit.Reports;

/// <summary>A cluster in memory: all of its nodes are well but the last, whose engine does not answer.</summary>
internal static class SampleCluster
{
    public static IReadOnlyList<object> Of(int count)
    {
        var names = Enumerable.Range(1, count).Select(i => $"o2wn{i:0000}").ToList();
        return
        [
            .. names.Select(name => Node(name, name == names[^1] ? "NoEngine" : "Ready")),
            .. names.SelectMany(name => Checks(name, isWell: name != names[^1])),
            .. names[..^1].Select(Image),
            Job("4711", names[..2]),
            new ReportStatic("cs7", "centos7", 2201, names),
            Drift(names[1], "memory", DifferenceSeverity.Warning),
            Drift(names[1], "env", DifferenceSeverity.Warning),
            Unanswered(names[^1]),
            new JobPort
            {
                Port = 22001,
                JobId = "4711",
                Owner = "hpcuser",
                LeasedAt = DateTimeOffset.UnixEpoch,
                State = "Leased",
                Path = "/ports/22001",
            },
        ];
    }

    public static HpcNode Node(string name, string state) => new()
    {
        Node = name,
        State = state,
        EngineVersion = "28.1.1",
        Cores = 32,
        Load = 1.5,
        MemoryBytes = 128L << 30,
        MemoryAvailableBytes = 100L << 30,
        Reason = state == "Ready" ? null : $"The engine on {name} does not answer.",
    };

    private static IEnumerable<HpcNodeCheck> Checks(string node, bool isWell) => Enumerable.Range(1, 20).Select(i => new HpcNodeCheck
    {
        Node = node,
        Check = i == 1 ? "Engine" : $"Check{i}",
        Result = i == 1 && !isWell ? "Failed" : "Passed",
        Evidence = "found",
        Remedy = i == 1 && !isWell ? "Start it: systemctl start docker" : null,
    });

    private static HpcImage Image(string node) => new()
    {
        Node = node,
        Name = "registry.cluster:5000/pisa/hpc:deb12",
        State = "Current",
        Digest = "sha256:" + new string('a', 64),
        WantedDigest = "sha256:" + new string('a', 64),
        SizeBytes = 900_000_000,
        Environments = ["debian12"],
    };

    private static HpcEnvironmentDifference Drift(string node, string part, DifferenceSeverity severity) => new()
    {
        Node = node,
        Static = "cs7",
        Container = "pisahpc-static-cs7",
        Kind = nameof(DifferenceKind.Option),
        Part = part,
        Wanted = "none",
        Actual = "512 MiB",
        Severity = severity.ToString(),
        Remedy = "Bring it to what is declared: Sync-HpcEnvironment cs7.",
    };

    private static ReportFailure Unanswered(string node) =>
        new(nameof(ErrorId.EngineUnavailable), node, $"The engine on {node} does not run.", $"Start it: ssh {node} systemctl start docker.")
        {
            Nodes = [node],
        };

    private static HpcJob Job(string id, IReadOnlyList<string> nodes) => HpcJob.None(id) with
    {
        State = "Running",
        Environment = "debian12",
        Owner = "hpcuser",
        Port = 22001,
        Nodes = [.. nodes.Select(node => new HpcJobNode(node, 32, $"pisahpc-{id}", "Running"))],
    };
}
