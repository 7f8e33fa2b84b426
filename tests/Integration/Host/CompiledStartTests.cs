using System.Globalization;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>
/// How many methods the runtime compiles in a cold start of a job, where a hook's process does all that the module has for it: as with
/// <see cref="CompiledMethodTests"/>, a count above its bound means that something is no longer compiled ahead, or that a start does more.
/// </summary>
[Collection(LabTests.Name)]
public sealed class CompiledStartTests(LabFixture lab)
{
    [Fact]
    public async Task A_cold_start_of_a_job_on_two_nodes_compiles_what_cannot_be_compiled_ahead()
    {
        var job = LabFixture.NewJobId("compiled");
        var allocation = $"Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 1, 1 -Owner hpcuser -JobId {job}";
        var start = $"$null = {allocation} | Start-HpcJob -Environment tiny";
        var stop = $"$null = Stop-HpcJob {job} -GraceSec 0";

        var result = await HostProcess.RunCompilingOnceAsync("-Command", $"{start}; {CompiledMethodTests.Count}; {stop}");

        Assert.InRange(int.Parse(result.EndedWith(0).Output, CultureInfo.InvariantCulture), 1, 1_650);
        await lab.AssertNothingLeftAsync(job);
    }
}
