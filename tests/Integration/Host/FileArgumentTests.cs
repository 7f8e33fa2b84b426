namespace PisaHpc.Integration.Host;

/// <summary>-File binds arguments as pwsh -File does, which is asked the same; but for lists.</summary>
public sealed class FileArgumentTests : IDisposable
{
    private const string Simple = """
        param([string]$Task = 'Build', [string[]]$Node = @(), [switch]$Up, [int]$Count = 2, $Any)
        "$Task|$($Node -join '+')|$Up|$Count|$Any|$($args -join '+')"
        """;

    private const string Advanced = """
        [CmdletBinding(SupportsShouldProcess)]
        param(
            [Parameter(Position = 1)][ValidateSet('Build', 'Test')][string]$Task = 'Build', [Alias('n', 'Host')][string[]]$Node = @(),
            [switch]$Up, [Parameter(Position = 0)][int]$Count = 2, [Parameter(ValueFromRemainingArguments)][string[]]$Rest)
        "$Task|$($Node -join '+')|$Up|$Count|$($Rest -join '+')|$WhatIfPreference|$VerbosePreference"
        """;

    private const string Bare = "\"$($args.Count): $($args -join '+')\"";

    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-arguments-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(Simple, "")]
    [InlineData(Simple, "Lab x -Up 7")]
    [InlineData(Simple, "-t Lab -Node:x -Up:$false rest more")]
    [InlineData(Simple, "-Up:true -Missing -Count 4 -Any: v")]
    [InlineData(Simple, "-Task -5")]
    [InlineData(Simple, "-Task -Up")]
    [InlineData(Simple, "-Any:$true -Task:False")]
    [InlineData(Simple, "-Count many")]
    [InlineData(Simple, "-- -Up")]
    [InlineData(Simple, "Lab x 3 v left over")]
    [InlineData(Advanced, "3 Test a b -Up")]
    [InlineData(Advanced, "-Host x -WhatIf -vb -ea Stop 4")]
    [InlineData(Advanced, "-n x -Co 4 -Rest a b")]
    [InlineData(Advanced, "-Missing")]
    [InlineData(Advanced, "-Out x")]
    [InlineData(Advanced, "-Task")]
    [InlineData(Advanced, "-Task Lab")]
    [InlineData(Advanced, "-Up:perhaps")]
    [InlineData(Bare, "-Up a,b * -x:y")]
    [InlineData(Bare, "-- - -1")]
    public async Task Arguments_bind_as_by_pwsh(string text, string line)
    {
        var (script, arguments) = (Write(text), line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var host = await HostProcess.RunAsync(["-NoModule", "-File", script, .. arguments]);
        var pwsh = await Pwsh.RunAsync(["-File", script, .. arguments]);
        Assert.Equal((pwsh.ExitCode, pwsh.Output), (host.ExitCode, host.Output));
        Assert.Equal(pwsh.Error.Length > 0, host.Error.Length > 0);
    }

    [Theory]
    [InlineData(Simple, "-Node a,b[1,2]", "Build|a+b[1,2]|False|2||")]
    [InlineData(Simple, "Lab a,b", "Lab|a+b|False|2||")]
    [InlineData(Simple, "-Task a,b -Any c,d", "a,b||False|2|c,d|")]
    [InlineData(Advanced, "-Host:a,b 3 Test c,d e", "Test|a+b|False|3|c,d+e|False|SilentlyContinue")]
    public async Task A_comma_list_is_several_values_where_a_parameter_takes_them(string text, string line, string expected)
    {
        var result = await HostProcess.RunAsync(["-NoModule", "-File", Write(text), .. line.Split(' ')]);
        Assert.Equal(expected, result.EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task An_argument_that_the_script_refuses_is_an_error_with_its_name()
    {
        var result = (await HostProcess.RunAsync("-NoModule", "-o", "Json", "-File", Write(Advanced), "-Co", "many")).EndedWith(1);
        Assert.Contains("\"id\":\"ParameterArgumentTransformationError\"", result.Error, StringComparison.Ordinal);
        Assert.Contains("many", result.Error, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        var path = Path.Combine(_directory, "script.ps1");
        File.WriteAllText(path, text);
        return path;
    }
}
