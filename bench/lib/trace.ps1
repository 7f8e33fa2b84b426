# Where the time of a command goes, by its own trace: the reason that a figure has. Beside the runs that count, a few are traced; what they
# say becomes the figure's note, and out/bench has the trace of the one in the middle as a drawing.

$traceFolder = [System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'out', 'bench', 'traces')
$requests = 'Connect', 'NodeCommand', 'EngineRequest'

# Runs a block that gives its trace, by -TraceVariable; or one that does not, and after it a second that finds the trace.
function Measure-Traced([scriptblock] $Block, [scriptblock] $Find) {
    $seconds = Measure-Duration $Block
    [pscustomobject] @{ Seconds = $seconds; Trace = @($Find ? (& $Find) : $said) }
}

# What traced runs of one command say: the phases' seconds, what was waited for, the requests that took longest, and what of the command
# is in none of its phases.
function Get-TraceNote([string] $Name, [object[]] $Runs) {
    $null = New-Item -ItemType Directory -Force $traceFolder
    $middle = @($Runs | Sort-Object Seconds)[[System.Math]::Floor(($Runs.Count - 1) / 2)]
    $file = $middle.Trace | Export-HpcTrace (Join-Path $traceFolder "$Name.svg")
    $phases = Get-LongestPart @($Runs | ForEach-Object { , @(Get-Leaf $_.Trace) }) Phase 6
    $asked = Get-LongestPart @($Runs | ForEach-Object { , @($_.Trace | Where-Object Phase -In $requests) }) Detail 3
    $outside = $phases ? ", of which $(Format-Number ($middle.Seconds - $file.TookSec)) s are before and after its phases" : ''
    $times = $Runs.Count -eq 1 ? 'A traced run' : "Of $($Runs.Count) traced runs the one in the middle"
    @(
        "$times took $(Format-Number $middle.Seconds) s$outside."
        if ($phases) { "Medians of its phases: $phases." }
        if ($asked) { "Requests, until the answer begins: $asked." }
        if ($phases) { "Waited longest for: $($file.WaitedFor)" }
    ) -join ' '
}

# Runs a program that says its phases as it goes (-Verbose) and notes them nowhere: which are asked of each node, and how long they took.
function Measure-Said([scriptblock] $Block) {
    $seconds = Measure-Duration $Block
    $phases = $said | Select-String '(?<node>[^ :]+): (?<phase>[^:]+): done in (?<seconds>[\d.]+) s$' | ForEach-Object {
        $groups = $_.Matches[0].Groups
        [pscustomobject] @{ Node = $groups['node'].Value; Phase = $groups['phase'].Value; TookSec = [double] $groups['seconds'].Value }
    }
    if (-not $phases) { throw "No phases were said: $said" }
    [pscustomobject] @{ Seconds = $seconds; Trace = @($phases) }
}

function Get-SaidNote([object[]] $Runs) {
    $phases = Get-LongestPart @($Runs | ForEach-Object { , $_.Trace }) Phase 6
    "By -Verbose, which took $(Format-Number (Get-Median $Runs.Seconds)) s, its phases in the median: $phases."
}

# The kinds of parts that took longest, each as the median over runs and places of what a place took for it: 'StartContainer 0.12 s, ...'.
function Get-LongestPart([object[]] $Traces, [string] $Property, [int] $Most) {
    $sums = foreach ($trace in $Traces) {
        foreach ($place in $trace | Group-Object Node, $Property) {
            [pscustomobject] @{ Kind = $place.Group[0].$Property; Seconds = ($place.Group | Measure-Object TookSec -Sum).Sum }
        }
    }
    $kinds = foreach ($kind in $sums | Group-Object Kind) {
        [pscustomobject] @{ Name = $kind.Name; Seconds = Get-Median $kind.Group.Seconds }
    }
    ($kinds | Where-Object Seconds -GE 0.001 | Sort-Object Seconds -Descending | Select-Object -First $Most |
        ForEach-Object { "$($_.Name) $(Format-Number $_.Seconds) s" }) -join ', '
}

# A trace's phases that are waited for by themselves, as Export-HpcTrace has them: of its place, or of all where it has none, no others
# make half of its time, and it is no part of such a one. Containers and keys are removed beside each other.
function Get-Leaf([object[]] $Trace) {
    $phases = @($Trace | Where-Object Phase -NotIn $requests)
    $short, $leaves = @(), @()
    foreach ($phase in $phases) {
        $end = $phase.StartedAt.AddSeconds($phase.TookSec)
        $parts = @($phases | Where-Object {
                $_ -ne $phase -and ($null -eq $phase.Node -or $_.Node -eq $phase.Node) -and
                $phase.Phase -notin 'RemoveContainers', 'RemoveAccess' -and
                $_.StartedAt -ge $phase.StartedAt -and $_.StartedAt.AddSeconds($_.TookSec) -le $end
            })
        if (-not $parts) { $leaves += $phase }
        elseif (($parts | Measure-Object TookSec -Sum).Sum -lt $phase.TookSec / 2) {
            $leaves += $phase
            if ($phase.Node) { $short += $parts }
        }
    }

    $leaves | Where-Object { $_ -notin $short }
}

# The requests of a kind that each node got in a trace, in its phases: how many they were for each node, and which.
function Get-RequestList([object[]] $Trace, [string] $Kind) {
    $leaves = @(Get-Leaf $Trace | Sort-Object StartedAt)
    $asked = foreach ($request in $Trace | Where-Object Phase -EQ $Kind | Sort-Object StartedAt) {
        $phase = @($leaves | Where-Object { $_.Node -eq $request.Node -and $_.StartedAt -le $request.StartedAt })[-1]
        [pscustomobject] @{ Node = $request.Node; Phase = $phase.Phase; Detail = $request.Detail }
    }
    $list = foreach ($phase in $asked | Group-Object Phase | Sort-Object { $asked.Phase.IndexOf($_.Name) }) {
        "$($phase.Name): $(($phase.Group.Detail | Select-Object -Unique) -join ', ')"
    }
    [pscustomobject] @{ Counts = [double[]] @($asked | Group-Object Node).ForEach{ $_.Count }; List = $list -join '; ' }
}
