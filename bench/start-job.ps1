# A two-node job from nothing to ready: the admin's script (start-job.sh) against Start-HpcJob, in turns, so that both meet the same
# machine. The module is measured thrice: as pisahpc-hook and as pisahpc, each a process of its own, and at a prompt.
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
$hook = Join-Path (Split-Path $PSScriptRoot) out hook pisahpc-hook
$job = "bench-$PID"
$byHand = $job, '21999', $image, "$lab/ssh/config", 'o2wn01', 'o2wn02'
$allocation = @{ Node = 'o2wn01', 'o2wn02'; Slot = 32, 24; Owner = 'hpcuser'; JobId = $job }
$command = "Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 32, 24 -Owner hpcuser -JobId $job | Start-HpcJob -Environment $Environment"

# The job's variables as LSF sets them.
$env:LSB_JOBID, $env:LSB_QUEUE, $env:LSFUSER, $env:LSB_MCPU_HOSTS = $job, 'hpc', 'hpcuser', 'o2wn01 32 o2wn02 24'

$recipes, $hooks, $processes, $prompts = @(), @(), @(), @()
foreach ($round in 1..$Rounds) {
    $recipes += Measure-Duration { & $recipe start @byHand }
    & $recipe stop @byHand
    $hooks += Measure-Duration { & $hook start -Environment $Environment -Site $Site }
    $null = & $hook stop -GraceSec 0 -Site $Site
    $processes += Measure-Duration { & $pisahpc -Command $command }
    $null = Stop-HpcJob $job -GraceSec 0
    $prompts += Measure-Duration { Get-HpcAllocation @allocation | Start-HpcJob -Environment $Environment }
    $null = Stop-HpcJob $job -GraceSec 0
    'round {0}: script {1:0.00} s, pisahpc-hook {2:0.00} s, pisahpc {3:0.00} s, at a prompt {4:0.00} s' -f
        $round, $recipes[-1], $hooks[-1], $processes[-1], $prompts[-1]
}

$base = Get-Median $recipes
'A start on two nodes, against the script''s {0:0.00} s: {1:0.00} by pisahpc-hook, {2:0.00} by pisahpc, {3:0.00} at a prompt' -f
    $base, ((Get-Median $hooks) / $base), ((Get-Median $processes) / $base), ((Get-Median $prompts) / $base)
