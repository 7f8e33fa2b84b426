# What simulated nodes are made of (bench/InProcess, NodeModel): starts on the lab, and the arithmetic from these to a model. The steps of a
# node that is alone at work say how long one takes that has CPUs of its own; starts on few nodes at once and on all of them, where nodes
# share the machine's CPUs, say how the lab's nodes do. Nothing in a model is set by hand.

# The steps of a node, each with what a trace says of it.
$steps = [ordered] @{
    Survey = @{ Phase = 'Survey' }
    Write = @{ Phase = 'WriteAccess' }
    Create = @{ Phase = 'EngineRequest'; Detail = 'POST /containers/create' }
    Start = @{ Phase = 'StartContainer' }
    Ready = @{ Phase = 'WaitUntilReady' }
    Remove = @{ Phase = 'EngineRequest'; Detail = 'DELETE /containers/{name}' }
    RemoveAccess = @{ Phase = 'RemoveAccess' }
}

# What a start waits for, one after the other.
$startSteps = 'Survey', 'Write', 'Create', 'Start', 'Ready'

# The CPU seconds so far of nodes and all that they started, and of this process, which has their ssh and HTTP.
function Get-CpuTime([string[]] $Of) {
    (Get-NodeCpuTime $Of) + [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds
}

# A start on the lab's first nodes, so many at a time, and its stop. Its seconds; CPU seconds for each node, the machine's and those that
# nodes and caller took; and each step's seconds, a node's mean.
function Get-LabStart([string[]] $Nodes, [int] $Throttle = 256) {
    $before = (Get-CpuTime $Nodes), (Get-CpuTick)[0]
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $null = Get-HpcAllocation -Node $Nodes -Slot (@(24) * $Nodes.Count) -Owner hpcuser -JobId $job |
        Start-HpcJob -Environment $Environment -ThrottleLimit $Throttle -TraceVariable trace
    $start = @{ nodes = $Nodes.Count; seconds = $clock.Elapsed.TotalSeconds }
    $start.machine = ((Get-CpuTick)[0] - $before[1]) / 100 / $Nodes.Count
    $start.cpu = ((Get-CpuTime $Nodes) - $before[0]) / $Nodes.Count
    $null = Stop-HpcJob $job -GraceSec 0 -ThrottleLimit $Throttle -TraceVariable stop
    foreach ($step in $steps.Keys) { $start[$step] = Get-StepTime @($trace) @($stop) $steps[$step] }
    # The request that creates is a part of the phase.
    $start.Start -= $start.Create
    $start
}

function Get-StepTime([object[]] $Start, [object[]] $Stop, [hashtable] $Step) {
    $took = $Start + $Stop | Where-Object {
        $_.Node -and $_.Phase -eq $Step.Phase -and (-not $Step['Detail'] -or $_.Detail -eq $Step.Detail)
    }
    if (-not $took) { throw "No node's trace has $($Step.Phase) $($Step['Detail'])." }
    ($took | Measure-Object TookSec -Average).Average
}

# Each step's seconds, the median of starts.
function Get-StepMedian([object[]] $Starts) {
    $median = [ordered] @{}
    foreach ($step in $steps.Keys) { $median[$step] = Get-Median @($Starts.ForEach{ $_[$step] }) }
    $median
}

# The model of nodes that share CPUs, of starts on few of them and on all. A step's time on few is what it waits for and, where CPUs are
# enough for each node to have one, its CPU seconds. What a node takes of the CPUs rises in proportion to the nodes at work, and all of them
# say by how much.
function New-SharedModel([object[]] $Few, [object[]] $All, [int] $Cpus) {
    $took = Get-StepMedian $Few
    $seconds = ($startSteps.ForEach{ $took[$_] } | Measure-Object -Sum).Sum
    $sizes = $Few[0].nodes, $All[0].nodes
    $cpu = (Get-Median @($Few.ForEach{ $_.machine })), (Get-Median @($All.ForEach{ $_.machine }))
    @{
        Steps = $took
        Seconds = $seconds
        Idle = [System.Math]::Max(1 - ($cpu[0] * [System.Math]::Max($sizes[0] / $Cpus, 1) / $seconds), 0)
        Few = $sizes[0]
        All = $sizes[1]
        Cpu = $cpu[0]
        # With no other size nothing says how it rises.
        Rise = $sizes[1] -gt $sizes[0] ? ($cpu[1] - $cpu[0]) / ($sizes[1] - $sizes[0]) : 0
        Cpus = $Cpus
    }
}

# The CPU seconds that a node takes by the model, where so many are at work.
function Get-SharedCpu([hashtable] $Model, [int] $Count) { $Model.Cpu + ($Model.Rise * ($Count - $Model.Few)) }

# The words that simulate a start on so many of such nodes. At a prompt connections stand.
function Get-SharedWord([hashtable] $Model, [int] $Count) {
    Get-Word $Model.Steps
    Get-Word ([ordered] @{
            Idle = $Model.Idle
            Work = (Get-SharedCpu $Model $Count) / $Model.Seconds
            Cores = $Model.Cpus
        })
}

function Get-Word([System.Collections.IDictionary] $Values) {
    foreach ($name in $Values.Keys) { "$name=$(([System.IConvertible] $Values[$name]).ToString([cultureinfo]::InvariantCulture))" }
}
