# A two-node job from nothing to ready: the admin's script (start-job.sh) against Start-HpcJob, in turns, so that both meet the same
# machine. The module is measured twice: as a process of its own, which a batch hook is, and at a prompt.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 5,

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$env:PISAHPC_SITE = $Site
$image = (Get-HpcEnvironment $Environment).Image
$lab = Split-Path $Site
$recipe = Join-Path $PSScriptRoot start-job.sh
$pisahpc = Join-Path (Split-Path $PSScriptRoot) out host pisahpc
$job = "bench-$PID"
$byHand = $job, '21999', $image, "$lab/ssh/config", 'o2wn01', 'o2wn02'
$allocation = @{ Node = 'o2wn01', 'o2wn02'; Slot = 32, 24; Owner = 'hpcuser'; JobId = $job }
$command = "Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 32, 24 -Owner hpcuser -JobId $job | Start-HpcJob -Environment $Environment"

$recipes, $processes, $prompts = @(), @(), @()
foreach ($round in 1..$Rounds) {
    $recipes += Measure-Duration { & $recipe start @byHand }
    & $recipe stop @byHand
    $processes += Measure-Duration { & $pisahpc -Command $command }
    $null = Stop-HpcJob $job -GraceSec 0
    $prompts += Measure-Duration { Get-HpcAllocation @allocation | Start-HpcJob -Environment $Environment }
    $null = Stop-HpcJob $job -GraceSec 0
    'round {0}: script {1:0.00} s, pisahpc {2:0.00} s, at a prompt {3:0.00} s' -f $round, $recipes[-1], $processes[-1], $prompts[-1]
}

$base = Get-Median $recipes
'Start-HpcJob, two nodes, against the script''s {0:0.00} s: {1:0.00} as a process, {2:0.00} at a prompt' -f
    $base, ((Get-Median $processes) / $base), ((Get-Median $prompts) / $base)
