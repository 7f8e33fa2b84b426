using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Docs;

/// <summary>What the README shows runs as it stands there.</summary>
[Collection(LabTests.Name)]
public sealed class ReadmeTests(LabFixture lab)
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    /// <summary>What these lines start is shown elsewhere: the two tasks, the lab's own life, a prompt, a script of the reader's.</summary>
    private static readonly string[] ShownElsewhere = ["./build.sh ", "export ", "dotnet pwsh -NoExit ", "out/host/pisahpc -File "];

    public static TheoryData<string> Commands =>
    [
        .. Fences("bash").SelectMany(code => code.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => !ShownElsewhere.Any(start => line.StartsWith(start, StringComparison.Ordinal)))
    ];

    [Fact]
    public async Task The_pipeline_at_its_head_composes_a_job_and_takes_it_away()
    {
        var jobId = LabFixture.NewJobId("readme");
        var code = Fences("powershell").First().Replace("./solver", "/opt/pisahpc-lab/bin/mpi-hello-openmpi", StringComparison.Ordinal);
        var run = await RunningProcess.RunAsync(
            Repository.Host,
            ["-Command", code.Replace(" -ArgumentList case.dat", "", StringComparison.Ordinal)],
            new Dictionary<string, string?>
            {
                ["LSB_JOBID"] = jobId,
                ["LSB_QUEUE"] = "hpc",
                ["LSFUSER"] = "hpcuser",
                ["LSB_MCPU_HOSTS"] = "o2wn01 32 o2wn02 24",
            });

        run.EndedWith(0);
        Assert.Equal(56, run.Lines.Count(line => line.Contains(" of 56 on o2wn0", StringComparison.Ordinal)));
        await lab.AssertNothingLeftAsync(jobId);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_of_its_works(string command) =>
        (await RunningProcess.RunAsync("bash", ["-c", command])).EndedWith(0);

    private static IEnumerable<string> Fences(string language) =>
        Text.Split("```")
            .Where(part => part.StartsWith(language + "\n", StringComparison.Ordinal))
            .Select(part => part[(language.Length + 1)..]);
}
