using PisaHpc.Audit;
using PisaHpc.Module.Commands;
using PisaHpc.Monitoring;
using PisaHpc.Preflight;
using PisaHpc.Unit.Commands;

namespace PisaHpc.Unit.Monitoring;

/// <summary>The file that a collector reads, as Export-HpcMetric writes it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HpcMetricFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-metrics-");

    private string File => Path.Combine(_directory.FullName, "pisahpc.prom");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void It_is_written_whole_and_leaves_nothing_beside_it()
    {
        var written = Export(Nodes("Passed"), "").Single<HpcMetricFile>();
        Assert.Equal((File, "OK", 7, true), (written.Path, written.Status, written.Values, written.Changed));
        Assert.Equal(written.Text, System.IO.File.ReadAllText(File));
        Assert.Equal([File], Directory.GetFileSystemEntries(_directory.FullName));
    }

    [Fact]
    public void It_is_written_again_where_nothing_changed_since_its_age_says_when_that_was_known()
    {
        Export(Nodes("Passed"), "");
        System.IO.File.SetLastWriteTimeUtc(File, DateTime.UnixEpoch);
        Assert.False(Export(Nodes("Passed"), "").Single<HpcMetricFile>().Changed);
        Assert.True(System.IO.File.GetLastWriteTimeUtc(File) > DateTime.UnixEpoch);
        Assert.True(Export(Nodes("Failed"), "").Single<HpcMetricFile>().Changed);
    }

    [Fact]
    public void A_link_is_followed_and_a_mode_is_kept()
    {
        var target = Path.Combine(_directory.FullName, "target");
        System.IO.File.WriteAllText(target, "old");
        System.IO.File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        System.IO.File.CreateSymbolicLink(File, target);
        Export(Nodes("Passed"), "").Single<HpcMetricFile>();
        Assert.StartsWith("# HELP", System.IO.File.ReadAllText(target), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(target));
        Assert.NotNull(new FileInfo(File).LinkTarget);
    }

    [Fact]
    public void A_dry_run_writes_nothing_and_shows_the_text()
    {
        Assert.Empty(Export(Nodes("Passed"), "-WhatIf").Output);
        var predicted = Export(Nodes("Passed"), "-WhatIf -PassThru").Single<HpcMetricFile>();
        Assert.Contains("pisahpc_status", predicted.Text, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void A_dry_run_says_whether_the_file_would_hold_something_else()
    {
        Assert.True(Export(Nodes("Passed"), "-WhatIf -PassThru").Single<HpcMetricFile>().Changed);
        Export(Nodes("Passed"), "");
        Assert.False(Export(Nodes("Passed"), "-WhatIf -PassThru").Single<HpcMetricFile>().Changed);
        Assert.True(Export(Nodes("Failed"), "-WhatIf -PassThru").Single<HpcMetricFile>().Changed);
    }

    [Fact]
    public void Without_a_summary_the_file_stays_and_that_is_an_error()
    {
        System.IO.File.WriteAllText(File, "old");
        CmdletRun.Of($"@() | Export-HpcMetric '{File}'", ("Export-HpcMetric", typeof(ExportHpcMetricCommand))).Failure("InvalidValue");
        Assert.Equal("old", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void What_cannot_be_written_names_the_file() => Assert.Contains(
        "/nonexistent/a.prom",
        CmdletRun.With([Nodes("Passed")], "Export-HpcMetric /nonexistent/a.prom", ("Export-HpcMetric", typeof(ExportHpcMetricCommand)))
            .Failure("InvalidValue").ToString(),
        StringComparison.Ordinal);

    [Fact]
    public void What_is_wrong_counts_more_than_what_is_not_known() =>
        Assert.Equal("WARNING", HpcMetricFile.Of(File, [Nodes("Warning"), Audited()]).Status);

    private CmdletRun Export(object summary, string more) =>
        CmdletRun.With([summary], $"Export-HpcMetric '{File}' {more}", ("Export-HpcMetric", typeof(ExportHpcMetricCommand)));

    private static HpcNodeCheckSummary Nodes(string result) =>
        HpcNodeCheckSummary.Of([new HpcNodeCheck { Node = "o2wn01", Check = "Ssh", Result = result, Evidence = "e" }]);

    private static HpcContainerAuditSummary Audited() => HpcContainerAuditSummary.Of([], ["o2wn01"], 0, [], [], "");
}
