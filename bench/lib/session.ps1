# A prompt that has been worked at. The runtime compiles what is called often a second and a third time, on a thread of its own: at the 30th
# call, which what is called once in a run has in the 30th run. On the lab that thread's CPU is one of those that all nodes have, and an
# admin's prompt does it once. So a prompt's figures are of a session after that, and what it took until then is a figure of its own.

$runsUntilCompiled = 32

# Has a block run so often, each time with what takes it back; gives the seconds of the block alone, and how long code was compiled.
function Measure-NewSession([scriptblock] $Block, [scriptblock] $Back = {}, [string] $What) {
    $before = [System.Runtime.JitInfo]::GetCompilationTime($false)
    $seconds = foreach ($run in 1..$runsUntilCompiled) {
        Measure-Duration $Block
        $null = & $Back
    }
    $compiled = ([System.Runtime.JitInfo]::GetCompilationTime($false) - $before).TotalSeconds
    Write-Host ("  {0}, a session's first {1} runs, not counted: {2:0.000} s to {3:0.000} s, {4:0.0} s of compiling" -f
        $What, $runsUntilCompiled, $seconds[0], $seconds[-1], $compiled)
    [pscustomobject] @{ Seconds = [double[]] $seconds; CompiledSeconds = $compiled }
}
