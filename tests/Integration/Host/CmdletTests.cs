using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class CmdletTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("pisahpc-home-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("'b', 'a' | Sort-Object | Select-Object -First 1", "a")]
    [InlineData("@{ A = 1 } | ConvertTo-Json -Compress", """{"A":1}""")]
    [InlineData("'{\"A\":[1,2]}' | ConvertFrom-Json | ForEach-Object A | Measure-Object -Sum | ForEach-Object Sum", "3")]
    [InlineData("Set-Content $HOME/f x, y; Get-Content $HOME/f -Tail 1", "y")]
    [InlineData("Test-Path (Join-Path $HOME no)", "False")]
    [InlineData("(Get-FileHash -Algorithm MD5 /dev/null).Hash", "D41D8CD98F00B204E9800998ECF8427E")]
    [InlineData("ConvertTo-SecureString x -AsPlainText -Force | ConvertFrom-SecureString -AsPlainText", "x")]
    [InlineData("Add-Type 'public static class Two { public static int Value => 2; }'; [Two]::Value", "2")]
    [InlineData("'# a' | ConvertFrom-Markdown | ForEach-Object Html", "<h1 id=\"a\">a</h1>")]
    [InlineData("'{}' | Test-Json -Schema '{\"type\":\"object\"}'", "True")]
    public async Task PowerShells_own_cmdlets_are_there(string script, string expected) =>
        Assert.Equal(expected, (await RunAsync("-NoModule", "-c", script)).EndedWith(0).Output.Trim());

    [Fact]
    public async Task They_are_those_that_lie_beside_the_host()
    {
        const string script =
            "$PSHOME; Get-Module Microsoft.* -ListAvailable | ForEach-Object { Split-Path $_.ModuleBase } | Select-Object -Unique";
        var home = Path.GetDirectoryName(Repository.Host)!;
        Assert.Equal([home, Path.Combine(home, "Modules")], (await RunAsync("-NoModule", "-c", script)).EndedWith(0).Lines);
    }

    [Fact]
    public async Task No_profile_runs_and_nothing_is_left_in_the_home()
    {
        var profiles = Directory.CreateDirectory(Path.Combine(_home, ".config", "powershell")).FullName;
        await File.WriteAllTextAsync(Path.Combine(profiles, "profile.ps1"), "'a profile ran'");
        var before = Files();
        Assert.Equal("1", (await RunAsync("-c", "1 | Select-Object -First 1")).EndedWith(0).Output.Trim());
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Only_what_something_refers_to_lies_beside_the_host()
    {
        const string script = """
            $files = Get-ChildItem $PSHOME/*.dll | Group-Object BaseName -AsHashTable
            $needed = [System.Collections.Generic.HashSet[string]] ('PisaHpc.Host', 'Microsoft.PowerShell.Commands.Utility',
                'Microsoft.PowerShell.Commands.Management', 'Microsoft.PowerShell.Security', 'Microsoft.PowerShell.ConsoleHost')
            $next = [System.Collections.Generic.Queue[string]] $needed
            while ($next.Count) {
                $image = [System.Reflection.PortableExecutable.PEReader]::new($files[$next.Dequeue()].OpenRead())
                $metadata = [System.Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($image)
                foreach ($handle in $metadata.AssemblyReferences) {
                    $name = $metadata.GetString($metadata.GetAssemblyReference($handle).Name)
                    if ($files[$name] -and $needed.Add($name)) { $next.Enqueue($name) }
                }
            }
            $files.Keys | Where-Object { $_ -notin $needed }
            """;
        Assert.Empty((await RunAsync("-NoModule", "-c", script)).EndedWith(0).Output.Trim());
    }

    private IEnumerable<string> Files() => Directory.GetFiles(_home, "*", SearchOption.AllDirectories).Order();

    private Task<ProcessResult> RunAsync(params string[] arguments) => RunningProcess.RunAsync(
        Repository.Host,
        arguments,
        new Dictionary<string, string?> { ["HOME"] = _home, ["PSModulePath"] = null, ["XDG_CACHE_HOME"] = null, ["XDG_DATA_HOME"] = null });
}
