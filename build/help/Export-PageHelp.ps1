# Makes the help file of the pages in docs/cmdlets without PlatyPS.
param([Parameter(Mandatory)] [string] $Pages, [Parameter(Mandatory)] [string] $Into)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3
Add-Type -LiteralPath (Join-Path $PSScriptRoot .. .. bin YamlDotNet.dll)
# The parser's types are there once it has run.
$null = ConvertFrom-Markdown -InputObject ''
. (Join-Path $PSScriptRoot TerminalText.ps1)
. (Join-Path $PSScriptRoot CommandPage.ps1)
. (Join-Path $PSScriptRoot Maml.ps1)

$read = foreach ($page in Get-ChildItem (Join-Path $Pages '*-*.md')) { Read-CommandPage $page }
Export-Maml $read (Join-Path (Resolve-Path $Into) PisaHpc.Module.dll-Help.xml)
