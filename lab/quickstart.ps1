# The main job, on the lab: 56 MPI ranks in two containers on two nodes, 32 and 24, composed by cmdlets one at a time so that each step
# can be seen. Start-HpcJob and Stop-HpcJob do the same in two words.
param(
    [string] $Site = $env:PISAHPC_SITE,
    [string] $Environment = 'debian12',
    [string] $Owner = 'hpcuser'
)

$ErrorActionPreference = 'Stop'
$env:PISAHPC_SITE = $Site
$wanted = [ordered]@{ o2wn01 = 32; o2wn02 = 24 }
$clock = [System.Diagnostics.Stopwatch]::StartNew()

function Show-Step([string] $Title) {
    Write-Host
    Write-Host ('== {0}  ({1:0.0} s)' -f $Title, $clock.Elapsed.TotalSeconds)
}

function Show-RankOutput($Lines) {
    foreach ($node in $wanted.Keys) {
        $ranks = @($Lines | Where-Object { $_.Node -eq $node -and $null -ne $_.Rank })
        Write-Host "  $node answered with $($ranks.Count) ranks:"
        foreach ($line in $ranks[0..1] + $ranks[-1]) {
            Write-Host "    [$($line.Rank)] $($line.Text)"
        }
    }
}

function Test-RankCount($Lines) {
    foreach ($node in $wanted.Keys) {
        $answered = @($Lines | Where-Object { $_.Node -eq $node -and $null -ne $_.Rank -and $_.Text -match "on $node\b" })
        if ($answered.Count -ne $wanted[$node]) {
            [System.Console]::Error.WriteLine("$node answered with $($answered.Count) ranks instead of $($wanted[$node]).")
            return $false
        }
    }

    return $true
}

$passed = $false
$job = $null
try {
    Show-Step 'The allocation, as a batch system would grant it'
    $granted = @{ Node = [string[]] $wanted.Keys; Slot = [int[]] $wanted.Values; Owner = $Owner; Queue = 'hpc'; JobId = "quickstart-$PID" }
    $job = Get-HpcAllocation @granted
    $job | Out-Host
    $job.Nodes | Out-Host

    Show-Step 'The InfiniBand devices of its nodes'
    $devices = @(Get-IbDevice -Node $job.Nodes)
    if ($devices) { $devices | Out-Host } else { Write-Host '  none' }

    Show-Step 'A port for the job'
    $port = $job | New-JobPort
    $port | Out-Host

    Show-Step 'Keys and ssh configuration on each node'
    $ssh = $port | New-JobSshConfig -Allocation $job
    $ssh | Out-Host

    Show-Step 'The plan: each option and where it came from'
    $plans = @($job | New-HpcContainerPlan -Environment $Environment -SshConfig $ssh -Device $devices)
    $plans | Out-Host
    $plans[0].Options | Where-Object Name -ne label | Out-Host

    Show-Step 'The containers'
    $containers = @($plans | Start-HpcContainer)
    $containers | Out-Host

    Show-Step 'mpirun across them'
    $lines = @($containers | Invoke-ContainerMpi -Command /opt/pisahpc-lab/bin/mpi-hello-openmpi)
    Show-RankOutput $lines
    $lines | Where-Object { $_ -is [PisaHpc.Mpi.MpiResult] } | Out-Host
    $passed = Test-RankCount $lines

    Show-Step 'Taking it away again'
    $containers | Stop-HpcContainer | Out-Host
    $ssh | Remove-JobSshConfig | Out-Host
    $port | Remove-JobPort | Out-Host
}
finally {
    # Finds nothing when all went well; takes back whatever stands when it did not.
    if ($job) { $null = Stop-HpcJob $job.JobId -Node $job.Nodes }
}

if (-not $passed) { exit 1 }
Write-Host
Write-Host "56 ranks answered: 32 from o2wn01, 24 from o2wn02, in $([int] $clock.Elapsed.TotalSeconds) s."
Write-Host 'The lab is still up. Next, try:'
Write-Host
Write-Host "  export PISAHPC_SITE=$Site"
$byHand = "Get-HpcAllocation -Node o2wn[01-02] -Slot 32,24 -JobId 42 -Owner $Owner | Start-HpcJob -Environment $Environment"
Write-Host "  out/host/pisahpc -Command '$byHand'"
Write-Host "  out/host/pisahpc -Command 'Get-HpcJob; Stop-HpcJob 42'"
