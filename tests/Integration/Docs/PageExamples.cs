using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>The examples of one help page, ready to run on the lab beside the jobs of others.</summary>
internal static partial class PageExamples
{
    /// <summary>The job that the pages speak of.</summary>
    private const string JobOfPages = "4711";

    /// <summary>A host that has Slurm's programs.</summary>
    private const string SubmitHostOfPages = "login1";

    /// <summary>Reads a page.</summary>
    /// <param name="cmdlet">The page's cmdlet.</param>
    /// <param name="jobId">The job that stands for the pages' own.</param>
    /// <param name="jobs">A pattern for all jobs of this test, for examples that stop whatever there is.</param>
    public static IEnumerable<(string Title, string Code)> Of(string cmdlet, string jobId, string jobs) =>
        from example in Example().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "cmdlets", cmdlet + ".md")))
        let code = string.Join('\n', Fence().Matches(example.Groups["body"].Value).Select(fence => fence.Groups["code"].Value))
        let onLab = JobId().Replace(code, jobId).Replace(SubmitHostOfPages, "o2wn01", StringComparison.Ordinal)
        select (example.Groups["title"].Value, Narrow(onLab, jobs));

    /// <summary>What stops or removes everything is held to the jobs of this test.</summary>
    private static string Narrow(string code, string jobs) =>
        !Ending().IsMatch(code) || code.Contains("-WhatIf", StringComparison.Ordinal)
            ? code
            : Everything().Replace(code, $"$1 -JobId '{jobs}' |");

    [GeneratedRegex(@"^### (?<title>Example \d+: [^\n]*)\n(?<body>.*?)(?=^##)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"```powershell\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex($@"(?<![-\w]){JobOfPages}\b")]
    private static partial Regex JobId();

    [GeneratedRegex("(?:Stop|Remove)-")]
    private static partial Regex Ending();

    [GeneratedRegex(@"(Get-(?:HpcContainer|HpcJob|JobPort))(?: -JobId '\*')? \|")]
    private static partial Regex Everything();
}
