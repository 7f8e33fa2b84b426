using System.Text.Json;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class OutputTests
{
    // ECMA-48, SGR: colours and bold. .NET tells a terminal other things as it opens and leaves it.
    private const string Colour = @"\e\[[0-9;]*m";

    [Theory]
    [InlineData("", "[]")]
    [InlineData("5", "5")]
    [InlineData("1,2", "[1,2]")]
    [InlineData("[pscustomobject]@{A=1;B='x'}", """{"A":1,"B":"x"}""")]
    [InlineData("[pscustomobject]@{A=@(@{B=[DayOfWeek]::Monday})}", """{"A":[{"B":"Monday"}]}""")]
    [InlineData("[timespan]'1.02:03:04'", "\"1.02:03:04\"")]
    [InlineData("[datetimeoffset]'2026-11-23T12:00:00+01:00'", "\"2026-11-23T12:00:00.0000000+01:00\"")]
    [InlineData("$null", "null")]
    [InlineData("'è'", "\"è\"")]
    public async Task Json_is_one_document_on_stdout(string command, string expected)
    {
        var result = (await HostProcess.RunAsync("-NoModule", "-OutputFormat", "Json", "-Command", command)).EndedWith(0);
        using var actual = JsonDocument.Parse(result.Output);
        using var wanted = JsonDocument.Parse(expected);
        Assert.Equal(JsonSerializer.Serialize(wanted), JsonSerializer.Serialize(actual));
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("5", "5\n")]
    [InlineData("[pscustomobject]@{A=1;B=@('x','y')}, $null, 'a\nb'", "{\"A\":1,\"B\":[\"x\",\"y\"]}\nnull\n\"a\\nb\"\n")]
    public async Task Jsonl_is_an_object_a_line_on_stdout(string command, string expected)
    {
        var result = (await HostProcess.RunAsync("-NoModule", "-OutputFormat", "Jsonl", "-Command", command)).EndedWith(0);
        Assert.Equal(expected, result.Output);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Jsonl_puts_an_object_out_as_soon_as_it_comes_and_what_came_is_there_after_a_signal()
    {
        const string Endless = "$n = 0; while ($true) { @{ Round = ++$n }; Write-Warning \"round $n\"; [Threading.Thread]::Sleep(20) }";
        using var host = HostProcess.Start("-NoModule", "-o", "jsonl", "-c", Endless);
        await host.SaysAsync("{\"Round\":3}\n");
        await host.SignalAsync("TERM");
        var result = (await host.EndAsync()).EndedWith(143);
        Assert.StartsWith("{\"Round\":1}\n{\"Round\":2}\n{\"Round\":3}\n", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("}\n", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("{\"warning\":{\"message\":\"round 1\"}}\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jsonl_that_nobody_reads_any_more_stops_the_pipeline_which_cleans_up()
    {
        const string Endless = "try { while ($true) { 1 } } finally { [Console]::Error.WriteLine(\"cleaned\") }";
        var shell = $"{{ '{Repository.Host}' -NoModule -o Jsonl -c '{Endless}'; echo $? >&2; }} | head -n 2";
        var result = (await RunningProcess.RunAsync("sh", ["-c", shell])).EndedWith(0);
        Assert.Equal("1\n1\n", result.Output);
        Assert.Equal("cleaned\n141\n", result.Error);
    }

    [Fact]
    public async Task Json_errors_are_one_object_a_line_on_stderr()
    {
        const string script = "Get-HpcEnvironment -Site /no/site.yaml; Get-Command no-such; 5";
        var result = (await HostProcess.RunAsync("-o", "json", "-c", script)).EndedWith(1);
        Assert.Equal("5\n", result.Output);
        var lines = result.Error.TrimEnd('\n').Split('\n');
        var errors = lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("error")).ToList();
        Assert.Equal(2, errors.Count);
        Assert.Equal("SiteInvalid", errors[0].GetProperty("id").GetString());
        Assert.Equal("/no/site.yaml", errors[0].GetProperty("target").GetString());
        Assert.Equal("ParserError", errors[0].GetProperty("category").GetString());
        Assert.Contains("/no/site.yaml", errors[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(errors[0].GetProperty("recommendedAction").GetString()!);
        Assert.Equal("CommandNotFoundException", errors[1].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Text_errors_show_the_message_the_id_and_the_next_step()
    {
        var result = (await HostProcess.RunAsync("-c", "Get-HpcEnvironment -Site /no/site.yaml")).EndedWith(1);
        Assert.Contains("error: The site definition /no/site.yaml does not exist.", result.Error, StringComparison.Ordinal);
        Assert.Contains("id: SiteInvalid (Get-HpcEnvironment)", result.Error, StringComparison.Ordinal);
        Assert.Contains("next: Name another file", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Json_keeps_stdout_for_the_document_whatever_a_script_says_to_its_reader()
    {
        const string script =
            "Write-Host hel -NoNewline; $Host.UI.WriteLine('lo'); Write-Warning careful; "
            + "Write-Information said -InformationAction Continue; "
            + "[void](/bin/sh -c 'echo native >&2'); $Host.UI.Write('end'); 1";
        var result = (await HostProcess.RunAsync("-NoModule", "-o", "Json", "-c", script)).EndedWith(0);
        Assert.Equal("1\n", result.Output);
        Assert.Equal(
            [
                """{"information":{"message":"hello"}}""",
                """{"warning":{"message":"careful"}}""",
                """{"information":{"message":"said"}}""",
                """{"native":{"message":"native"}}""",
                """{"information":{"message":"end"}}""",
            ],
            result.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task There_are_neither_colours_nor_progress_bars_also_on_a_terminal()
    {
        const string script = "Get-Module; Write-Progress Working; Write-Host loud -ForegroundColor Red; Get-NoSuch";
        var piped = (await HostProcess.RunAsync("-c", script)).EndedWith(1);
        Assert.Contains("PisaHpc", piped.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Working", piped.Output + piped.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch(Colour, piped.Output + piped.Error);
        var shown = (await HostProcess.RunOnTerminalAsync(["-c", script])).EndedWith(1).Output;
        Assert.Contains("loud\r\nerror:", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Working", shown, StringComparison.Ordinal);
        Assert.DoesNotMatch(Colour, shown);
    }

    [Fact]
    public async Task Views_may_fill_120_columns_where_no_terminal_says_otherwise()
    {
        var result = (await HostProcess.RunAsync("-NoModule", "-c", "$Host.UI.RawUI.BufferSize.Width")).EndedWith(0);
        Assert.Equal("120\n", result.Output);
    }

    [Fact]
    public async Task Help_and_version_need_no_module()
    {
        Assert.Contains("-OutputFormat", (await HostProcess.RunAsync("-Help")).EndedWith(0).Output, StringComparison.Ordinal);
        var version = (await HostProcess.RunAsync("--version")).EndedWith(0).Output;
        var stated = File.ReadLines(Repository.Manifest).Single(line => line.Contains("ModuleVersion", StringComparison.Ordinal));
        Assert.Equal($"pisahpc {stated.Split('\'')[1]}\n", version);
    }
}
