using System.Globalization;

namespace PisaHpc.Integration.Host;

/// <summary>
/// How many methods the runtime compiles until pisahpc has answered: those of the host, the module and its packages are compiled ahead, and
/// what is left are generics over the engine's own types. A count is the same on any machine, as a time is not; one above its bound means
/// that something is no longer compiled ahead, or that a start does more.
/// </summary>
public sealed class CompiledMethodTests
{
    internal const string Count = "[System.Runtime.JitInfo]::GetCompiledMethodCount($false)";

    [Theory]
    [InlineData("", 150, "-NoModule")]
    [InlineData("", 210)]
    [InlineData("$null = Get-HpcAllocation -Node o2wn01 -Slot 1 -Owner root -JobId 1; ", 275)]
    public async Task A_cold_start_compiles_few(string first, int most, params string[] options)
    {
        var result = await HostProcess.RunCompilingOnceAsync([.. options, "-Command", first + Count]);
        Assert.InRange(int.Parse(result.EndedWith(0).Output, CultureInfo.InvariantCulture), 1, most);
    }
}
