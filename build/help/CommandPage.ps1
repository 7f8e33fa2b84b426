# A cmdlet's page of docs/cmdlets, which keeps to PlatyPS' schema (2024-05-01), as an object. The Markdown is read by the parser that
# PowerShell ships, the YAML of a parameter by the module's.
using namespace Markdig.Syntax

class PageParameter {
    [string] $Name
    [string] $Text
    [string] $Type
    [string] $DefaultValue
    [bool] $SupportsWildcards
    [bool] $DontShow
    [string[]] $Aliases
    [string[]] $AcceptedValues
    [PageParameterSet[]] $ParameterSets
    [string] $HelpMessage
}

class PageParameterSet {
    [string] $Name
    [string] $Position
    [bool] $IsRequired
    [bool] $ValueFromPipeline
    [bool] $ValueFromPipelineByPropertyName
    [bool] $ValueFromRemainingArguments
}

function Read-CommandPage([string] $Path) {
    $source = Get-Content -LiteralPath $Path -Raw
    $page = Split-Section $source (ConvertFrom-Markdown -InputObject $source).Tokens 1
    $sections = @{}
    foreach ($section in Split-Section $source $page.Blocks 2) {
        $section | Add-Member Parts @(Split-Section $source $section.Blocks 3)
        $sections[$section.Title] = $section
    }

    $parameters = @($sections.PARAMETERS.Parts | Where-Object Title -Like '-*' | ForEach-Object { Read-Parameter $source $_ })
    [pscustomobject]@{
        Name = $page.Title
        Synopsis = $sections.SYNOPSIS.Text
        Description = $sections.DESCRIPTION.Text
        Syntax = @($sections.SYNTAX.Parts | ForEach-Object { Read-Syntax $_ $parameters })
        Examples = $sections.EXAMPLES.Parts
        Parameters = $parameters
        Inputs = $sections.INPUTS.Parts
        Outputs = $sections.OUTPUTS.Parts
        Notes = $sections.NOTES.Text
        Links = @(Read-Link $source $sections['RELATED LINKS'])
    }
}

# Splits blocks at the headings of a level: title, blocks, and the text as it is written. What comes before the first belongs to none.
function Split-Section([string] $Source, $Blocks, [int] $Level) {
    $sections = [System.Collections.Generic.List[hashtable]]::new()
    foreach ($block in $Blocks) {
        # The front matter ends in a rule, and so looks like an underlined heading.
        if ($block -is [HeadingBlock] -and $block.Level -eq $Level -and -not $block.IsSetext) {
            $sections.Add(@{ Title = Get-SourceText $Source $block.Inline.Span; Blocks = [System.Collections.Generic.List[Block]]::new() })
        }
        elseif ($sections.Count -and -not $block.Span.IsEmpty) {
            $sections[-1].Blocks.Add($block)
        }
    }

    foreach ($section in $sections) {
        $blocks = $section.Blocks
        $section.Text = $blocks.Count ? (Get-SourceText $Source $blocks[0].Span $blocks[-1].Span) : ''
        [pscustomobject] $section
    }
}

# What stands in the source from one span to another, both included.
function Get-SourceText([string] $Source, [SourceSpan] $From, [SourceSpan] $To = $From) {
    $Source.Substring($From.Start, $To.End - $From.Start + 1)
}

# A parameter: the text up to the YAML block, and what that says.
function Read-Parameter([string] $Source, $Section) {
    $code = $Section.Blocks | Where-Object { $_ -is [FencedCodeBlock] } | Select-Object -Last 1
    $parameter = [YamlDotNet.Serialization.Deserializer]::new().Deserialize[PageParameter]($code.Lines.ToString())
    $parameter.Name = $Section.Title.TrimStart('-')
    $blocks = @($Section.Blocks | Where-Object { $_.Span.Start -lt $code.Span.Start })
    $parameter.Text = Get-SourceText $Source $blocks[0].Span $blocks[-1].Span
    $parameter
}

# A parameter set: the parameters in the order in which the page shows them, with the short names of their types.
function Read-Syntax($Section, $Parameters) {
    $code = $Section.Blocks | Where-Object { $_ -is [FencedCodeBlock] }
    $words = -split $code.Lines.ToString()
    $set = $Section.Title -replace ' \(Default\)$'
    $shown = for ($i = 1; $i -lt $words.Count; $i++) {
        $parameter = $Parameters | Where-Object { "-$($_.Name)" -eq $words[$i].Trim('[', ']') }
        if ($parameter) {
            # A switch has no type behind it. Common parameters stand in brackets.
            $type = $i + 1 -lt $words.Count -and $words[$i + 1] -like '<*' ? $words[$i + 1].Split([char[]] '<>')[1] : $null
            [pscustomobject]@{
                Parameter = $parameter
                Set = $parameter.ParameterSets | Where-Object { $_.Name -in '(All)', $set }
                ShortType = $type
            }
        }
    }

    [pscustomobject]@{ Parameters = @($shown) }
}

function Read-Link([string] $Source, $Section) {
    foreach ($block in $Section.Blocks) {
        foreach ($link in [MarkdownObjectExtensions]::Descendants($block) | Where-Object { $_ -is [Inlines.LinkInline] }) {
            [pscustomobject]@{ Text = Get-SourceText $Source $link.FirstChild.Span $link.LastChild.Span; Uri = $link.Url }
        }
    }
}
