# How long starts take in a pwsh that has started none yet: each session is a process of its own, which starts and stops jobs on two nodes
# until its runtime has compiled for good what they call (lib/session.ps1). All other figures of a prompt begin behind that.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 3,

    [string] $Environment = 'tiny',

    # The session itself.
    [switch] $Inside
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
. (Join-Path $PSScriptRoot lib session.ps1)
$env:PISAHPC_SITE = $Site

if ($Inside) {
    Import-Module (Join-Path $PSScriptRoot .. PisaHpc.psd1)
    $nodes = (& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes[0..1].name
    $allocation = @{ Node = $nodes; Slot = 32, 24; Owner = 'hpcuser'; JobId = "bench-$PID" }
    $start = { $null = Get-HpcAllocation @allocation | Start-HpcJob -Environment $Environment -ThrottleLimit 64 }
    return Measure-NewSession $start { Stop-HpcJob $allocation.JobId -GraceSec 0 } '2 nodes' 6>$null | ConvertTo-Json -Compress
}

$program = [System.Environment]::ProcessPath
# As the dotnet tool, pwsh is an assembly that dotnet runs.
$assembly = @(if ((Split-Path $program -LeafBase) -eq 'dotnet') { Join-Path $PSHOME pwsh.dll })
$sessions = foreach ($round in 1..$Rounds) {
    $said = & $program @assembly -NoProfile -File $PSCommandPath -Site $Site -Environment $Environment -Inside
    if ($LASTEXITCODE) { throw "A session ended with exit code $LASTEXITCODE." }
    $session = $said | Select-Object -Last 1 | ConvertFrom-Json
    Write-Host "  session ${round}: $($session.Seconds.ForEach{ Format-Number $_ } -join ', ') s"
    $session
}

$first, $last = 0, -1 | ForEach-Object { $place = $_; Format-Number (Get-Median $sessions.ForEach{ $_.Seconds[$place] }) }
New-Figure start-early-2 $sessions.ForEach{ Get-Median $_.Seconds[1..10] } -Note (
    "The first, whose connections are made in it, took $first s, and the last of $($sessions[0].Seconds.Count) $last s. With their stops " +
    "code was compiled for $(Format-Number (Get-Median $sessions.CompiledSeconds)) s, beside the nodes' work on the same CPUs. Much of " +
    "it is PowerShell's own: the pwsh of the .NET tool has nothing of that compiled ahead, where one of a distribution's package has.")
