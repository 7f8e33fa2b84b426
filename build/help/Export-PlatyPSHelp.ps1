# Makes the help file of the pages in docs/cmdlets with PlatyPS 1.0.
param([Parameter(Mandatory)] [string] $Pages, [Parameter(Mandatory)] [string] $Into)

$ErrorActionPreference = 'Stop'
# First: PlatyPS brings an older Markdown parser of the same name.
$null = ConvertFrom-Markdown -InputObject ''
. (Join-Path $PSScriptRoot TerminalText.ps1)
Import-Module Microsoft.PowerShell.PlatyPS -MinimumVersion '1.0'

$commands = Get-ChildItem (Join-Path $Pages '*-*.md') | Import-MarkdownCommandHelp
foreach ($command in $commands) {
    # A terminal follows no link to another page, and Get-Help -Online would take the first for an address.
    $null = $command.Metadata.Remove('HelpUri')
    foreach ($link in $command.RelatedLinks | Where-Object Uri -Like '*.md') { $link.Uri = '' }

    foreach ($property in 'Synopsis', 'Description', 'Notes') { $command.$property = ConvertTo-TerminalText $command.$property }
    foreach ($part in @($command.Parameters) + $command.Inputs + $command.Outputs) {
        $part.Description = ConvertTo-TerminalText $part.Description
    }

    foreach ($example in $command.Examples) { $example.Remarks = ConvertTo-TerminalText $example.Remarks }
}

# PlatyPS makes a folder for the module; Get-Help wants the file in the culture's folder itself.
$target = Join-Path $Into PisaHpc.Module.dll-Help.xml
foreach ($file in $commands | Export-MamlCommandHelp -OutputFolder $Into -Force | Where-Object FullName -NE $target) {
    Move-Item -LiteralPath $file.FullName -Destination $target -Force
    Remove-Item -LiteralPath $file.DirectoryName
}
