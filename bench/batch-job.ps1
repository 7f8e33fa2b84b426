# A job of the lab's Slurm that does nothing, from when it has its nodes until they are free of it: the hooks that Install-HpcBatchHook puts
# there against those of an admin's own (batch-job.sh), which stand beside each other in one slurm.conf and take turns. A job without a
# container shows what Slurm takes for itself. And the prolog alone, for a job that asks for nothing.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 5,

    [string] $Environment = 'tiny'
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$image = (Get-HpcEnvironment $Environment -Site $Site).Image
$lab, $root = (Split-Path $Site), (Split-Path $PSScriptRoot)
$work = "$lab/shared/bench-batch-job"
$ours = "$work/site.yaml"

# The seconds of a job of the lab's user, as closely as squeue tells them: sbatch --wait sleeps for seconds, and how long a job waits for
# its nodes is the scheduler's.
function Measure-Job([int] $Nodes, [string] $Comment, [string] $Script) {
    $user = '--reuid=hpcuser', '--regid=hpcuser', '--init-groups'
    $options = "--nodes=$Nodes", "--ntasks=$Nodes", "--comment=$Comment", '--time=5', '--output=/dev/null', "--chdir=$lab/shared"
    $job = & setpriv @user sbatch --parsable @options $Script
    while ((& squeue --noheader --format=%T "--jobs=$job" 2>$null) -eq 'PENDING') { Start-Sleep -Milliseconds 10 }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (& squeue --noheader "--jobs=$job" 2>$null) {
        if ($clock.Elapsed.TotalSeconds -gt 60) { throw "Job $job does not end: see sinfo -R" }
        Start-Sleep -Milliseconds 10
    }

    $seconds = $clock.Elapsed.TotalSeconds
    $record = & scontrol show job --oneliner $job
    if ($record -notmatch ' JobState=COMPLETED ') { throw "Job $job did not end well: $record" }
    'measured by itself: {0:0.000}' -f $seconds
}

function Set-Recipe {
    $null = New-Item -ItemType Directory -Force "$work/ports"
    Copy-Item "$PSScriptRoot/start-job.sh" $work
    'prolog', 'epilog', 'run' | ForEach-Object { Copy-Item "$PSScriptRoot/batch-job.sh" "$work/$_" }
    22000..22999 | ForEach-Object { $null = New-Item "$work/ports/$_" }
    Set-Content "$work/settings" $image, "$lab/ssh/config", "$work/ports"
    Set-Content "$work/plain.sh" '#!/bin/sh', 'true'
    Set-Content "$work/recipe.sh" "#!$work/run", 'true'
    Set-Content "$work/slurm.conf" "Prolog=$work/prolog", "Epilog=$work/epilog", 'PrologFlags=Alloc,Contain,DeferBatch'
}

# The lab's partition has an environment, which the recipe's jobs are not to get.
function Set-OurSite {
    $text = (Get-Content -Raw $Site) -replace '(?s)\nqueues:.*', "`n"
    Set-Content $ours "records: { directory: $work/records }", $text
    $null = New-Item -ItemType Directory "$work/records"
}

function Update-Slurm {
    & scontrol reconfigure
    while (@(& sinfo --noheader --Node --responding --states=idle --format=%N).Count -lt 2) { Start-Sleep -Milliseconds 100 }
}

function Get-PrologTime {
    $env:SLURM_JOB_ID, $env:SLURM_JOB_COMMENT, $env:SLURM_JOB_PARTITION = '1', 'my own words', 'hpc'
    $many = 200
    $seconds = Measure-Duration { & sh -c "i=0; while [ `$i -lt $many ]; do /usr/lib/pisahpc/slurm-prolog; i=`$((i + 1)); done" }
    $calls = & strace -f -qq -e trace=fork,vfork,clone,clone3 /usr/lib/pisahpc/slurm-prolog 2>&1
    New-Figure batch-prolog ($seconds / $many * 1000) -Note "Processes that it starts: $(@($calls).Count)."
}

try {
    Set-Recipe
    Set-OurSite
    & "$root/lab/lab.sh" batch slurm "$work/slurm.conf" | Write-Host
    $null = Install-HpcBatchHook Slurm -Site $ours -ProgramPath "$root/out/hook" -WarningAction Ignore
    Update-Slurm
    foreach ($nodes in 1, 2) {
        $words = $nodes -eq 1 ? '1 node' : "$nodes nodes"
        $taken = Measure-InTurns ([ordered] @{
                'no container' = { Measure-Job $nodes 'docker-none' "$work/plain.sh" }
                recipe = { Measure-Job $nodes 'recipe' "$work/recipe.sh" }
                hooks = { Measure-Job $nodes "docker-$Environment" "$work/plain.sh" }
            }) $Rounds $words
        $plain, $recipes, $hooks = $taken['no container'], $taken.recipe, $taken.hooks
        $slurms = Get-Median $plain
        New-Figure "batch-$nodes" $hooks $recipes -Note ("Slurm's own are $(Format-Number $slurms) s of either. Without them: " +
            "$(Format-Number (((Get-Median $hooks) - $slurms) / ((Get-Median $recipes) - $slurms))).")
    }

    Get-PrologTime
}
finally {
    $env:SLURM_JOB_ID = $env:SLURM_JOB_COMMENT = $env:SLURM_JOB_PARTITION = $null
    & scancel --user=hpcuser --partition=hpc
    while (& squeue --noheader --user=hpcuser) { Start-Sleep -Milliseconds 100 }
    $null = Uninstall-HpcBatchHook Slurm -Site $ours -WarningAction Ignore
    Update-Slurm
    $null = Uninstall-HpcBatchHook Slurm -Site $ours -WarningAction Ignore
    & "$root/lab/lab.sh" batch slurm none | Write-Host
    Remove-Item -Recurse -Force $work, "$lab/slurm/etc/*.pisahpc-*"
}
