# Markdown as a terminal shows it.

# Takes the fences off code and leaves of a link to another page its text, which is what Get-Help takes; all else stays as it is written.
function ConvertTo-TerminalText([string] $Markdown) {
    $text = [System.Text.StringBuilder]::new($Markdown)
    $document = (ConvertFrom-Markdown -InputObject $Markdown).Tokens
    $parts = [Markdig.Syntax.MarkdownObjectExtensions]::Descendants($document) | Sort-Object { $_.Span.Start } -Descending
    foreach ($part in $parts) {
        if ($part -is [Markdig.Syntax.FencedCodeBlock]) {
            $shown = $part.Lines.ToString()
        }
        elseif ($part -is [Markdig.Syntax.Inlines.LinkInline] -and $part.Url -notmatch '^\w+:') {
            $shown = $Markdown.Substring($part.FirstChild.Span.Start, $part.LastChild.Span.End - $part.FirstChild.Span.Start + 1)
        }
        else {
            continue
        }

        $null = $text.Remove($part.Span.Start, $part.Span.Length).Insert($part.Span.Start, $shown)
    }

    $text.ToString()
}
