using System.Text.Json;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class OutputTests
{
    private const string Escape = "\e";

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
            "$Host.UI.Write('hel'); $Host.UI.WriteLine('lo'); $Host.UI.WriteWarningLine('careful'); "
            + "[void](/bin/sh -c 'echo native >&2'); $Host.UI.Write('end'); 1";
        var result = (await HostProcess.RunAsync("-NoModule", "-o", "Json", "-c", script)).EndedWith(0);
        Assert.Equal("1\n", result.Output);
        Assert.Equal(
            [
                """{"information":{"message":"hello"}}""",
                """{"warning":{"message":"careful"}}""",
                """{"native":{"message":"native"}}""",
                """{"information":{"message":"end"}}""",
            ],
            result.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task There_are_no_colours_when_the_output_is_piped()
    {
        var result = (await HostProcess.RunAsync("-c", "Get-Module; Get-NoSuch")).EndedWith(1);
        Assert.Contains("PisaHpc", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Escape, result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_are_colours_on_a_terminal_unless_NO_COLOR_is_set()
    {
        var coloured = (await HostProcess.RunOnTerminalAsync(["-c", "Get-Module; Get-NoSuch"])).EndedWith(1);
        Assert.Contains(Escape + "[91merror:", coloured.Output, StringComparison.Ordinal);
        Assert.Contains(Escape + "[32;1m", coloured.Output, StringComparison.Ordinal);
        var plain = (await HostProcess.RunOnTerminalAsync(["-c", "Get-Module; Get-NoSuch"], noColour: "1")).EndedWith(1);
        Assert.Contains("error:", plain.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Escape + "[91m", plain.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Escape + "[32;1m", plain.Output, StringComparison.Ordinal);
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
