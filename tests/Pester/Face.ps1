# Dot-sourced by every test file: the built module of this checkout, and what the tests share.
$Root = (Resolve-Path (Join-Path $PSScriptRoot '..' '..')).Path
$Manifest = Join-Path $Root 'PisaHpc.psd1'
Import-Module $Manifest -ErrorAction Stop

# Runs a script in a pwsh of its own, of this one's version.
function Invoke-Pwsh([string] $File) {
    $program = [System.Environment]::ProcessPath
    $assembly = @(if ((Split-Path $program -LeafBase) -eq 'dotnet') { Join-Path $PSHOME pwsh.dll })
    & $program @assembly -NoLogo -NoProfile -NonInteractive -File $File @args
}

# What Tab offers at the end of a line.
function Complete([string] $Line) {
    [System.Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches
}

# A site definition for tests that never reach a node; gives its path.
function New-TestSite {
    $path = Join-Path $TestDrive 'site.yaml'
    Set-Content -LiteralPath $path -Value @'
registry: registry.lab:5000
nodes: { names: [ "o2wn[01-16]" ] }
environments:
  debian12: { image: pisa/hpc:deb12, aliases: [ docker-deb12 ], mpi: openmpi }
  cs7: { image: pisa/cs7:latest }
queues:
  hpc: { environment: debian12 }
'@
    $path
}
