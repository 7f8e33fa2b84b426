# Where a start's time goes on a node: what Start-HpcJob says of its phases that have to do with the container, against the least that the
# engine takes for one (engine-work.sh). One node, at a prompt, whose connection stands.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 10,

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$env:PISAHPC_SITE = $Site
$recipe = Join-Path $PSScriptRoot engine-work.sh
$node = (& "$PSScriptRoot/../lab/lab.sh" status --json | ConvertFrom-Json).nodes[0]
$least = @($node.engine, $node.name, "$(Split-Path $Site)/ssh/config", (Get-HpcEnvironment $Environment).Image)
$job = "bench-$PID"
$phases, $raw = @(), @()

# The seconds that a start says of two of its phases.
function Get-Phase {
    $said = Get-HpcAllocation -Node $node.name -Slot 24 -Owner hpcuser -JobId $job | Start-HpcJob -Environment $Environment -Verbose 4>&1
    foreach ($words in 'starting the container', 'waiting until it is ready') {
        [double] (@($said | Select-String "${words}: done in ([\d.]+) s")[-1].Matches.Groups[1].Value)
    }
}

try {
    & $recipe prepare @least
    foreach ($round in 0..$Rounds) {
        $ours = Get-Phase
        $null = Stop-HpcJob $job -GraceSec 0
        $theirs = [double[]] ((& $recipe measure @least) -split ' ')
        if ($LASTEXITCODE) { throw "engine-work.sh ended with exit code $LASTEXITCODE." }
        & $recipe remove @least

        # The first has the image read from the disk.
        if ($round) {
            $phases += , $ours
            $raw += , $theirs
            Write-Host "  round ${round}: container $($ours[0]) s, ready $($ours[1]) s; raw $($theirs[0]) s, first byte $($theirs[1]) s"
        }
    }

    New-Figure engine-start @($phases.ForEach{ $_[0] }) @($raw.ForEach{ $_[0] })
    New-Figure engine-work @($phases.ForEach{ $_[0] + $_[1] }) @($raw.ForEach{ $_[1] })
}
finally {
    $null = Stop-HpcJob $job -GraceSec 0
    & $recipe clean @least
}
