# Leases of ports in an area of 1,000: New-JobPort at a prompt, and 64 processes at once that do what it does (tests/PortRacer), against
# the old recipe (ports.sh) in one shell and in 64. The processes and the shells stand ready, which those of batch hooks do not. On the
# lab's shared directory, which is a disk, and in memory: a lease is on the disk before it is given, the recipe's is not.
param(
    [Parameter(Mandatory)]
    [string] $Site,

    [int] $Rounds = 3,

    [int] $Jobs = 50,

    [int] $Racers = 64
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot lib measure.ps1)
$recipe = Join-Path $PSScriptRoot ports.sh
$racer = Join-Path $PSScriptRoot .. tests PortRacer bin Release net10.0 PortRacer.dll
$work = ''
$each = 5
$range = '30000 30999'

# A new area for whoever comes next; the making is not measured.
function Reset-Area {
    Remove-Item -Recurse -Force $work -ErrorAction Ignore
    $null = New-Item -ItemType Directory -Force "$work/witnesses"
    foreach ($area in 'warm', 'area') {
        $null = New-Item -ItemType Directory "$work/$area"
        foreach ($port in 30000..30999) { [System.IO.File]::WriteAllText("$work/$area/$port", '') }
    }
}

function Measure-OneCaller([hashtable] $Where) {
    Reset-Area
    Set-Content "$work/site.yaml" "portArea: { path: $work/area, first: 30000, last: 30999 }"
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    foreach ($number in 1..$Jobs) { $null = New-JobPort "one-$number" @Where }
    'measured by itself: {0:0.0000}' -f ($Jobs / $clock.Elapsed.TotalSeconds)
}

function Measure-Recipe([int] $Count, [string[]] $More) {
    Reset-Area
    $seconds, $given = [double[]] (& $recipe "$work/area" $Count @More)
    if ($More) { $script:twice.recipe += @($given) }
    'measured by itself: {0:0.0000}' -f ($Count * ($More ? [int] $More[0] : 1) / $seconds)
}

# Milliseconds of a call that leases nothing, since its job has a port: PowerShell's way to the cmdlet and back, and a lease that is read.
function Get-CallTime {
    Reset-Area
    $null = New-JobPort one -Path "$work/area"
    1000 / $Jobs * (Measure-Duration { foreach ($number in 1..$Jobs) { $null = New-JobPort one -Path "$work/area" } })
}

# All say that they are in the area before any of them takes a port. Each has leased elsewhere before, and compiles no code a second time: a
# hook's program is compiled ahead of time, and these are not. The range is the area's, as a site declares it.
function Measure-Racers {
    Reset-Area
    $all = foreach ($number in 1..$Racers) {
        $start = [System.Diagnostics.ProcessStartInfo]::new('dotnet', [string[]] ($racer, "r$number", "$each"))
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        [System.Diagnostics.Process]::Start($start)
    }
    try {
        $places = 'warm', 'area' | ForEach-Object { "as-cmdlet $work/$_ $work/witnesses $range" }
        foreach ($line in $places[0], 'take', 'release', $places[1]) {
            foreach ($one in $all) { $one.StandardInput.WriteLine($line) }
            foreach ($one in $all) { $null = Read-Until $one ($line -split ' ')[0] }
        }

        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        foreach ($one in $all) { $one.StandardInput.WriteLine('take') }
        $lines = foreach ($one in $all) { Read-Until $one take }
        $seconds = $clock.Elapsed.TotalSeconds
        $script:twice.ours += @([double] @($lines -like 'twice *').Count)
        'measured by itself: {0:0.0000}' -f (@($lines -like 'leased *').Count / $seconds)
    }
    finally {
        foreach ($one in $all) { $one.StandardInput.Close() }
        foreach ($one in $all) { $one.WaitForExit() }
    }
}

function Read-Until([System.Diagnostics.Process] $Process, [string] $Word) {
    while (($line = $Process.StandardOutput.ReadLine()) -ne $Word) {
        if ($null -eq $line) { throw 'A racer ended before its time.' }
        $line
    }
}

function Measure-Place([string] $Place) {
    $taken = Measure-InTurns ([ordered] @{
            one = { Measure-OneCaller @{ Path = "$work/area" } }
            'one of a site' = { Measure-OneCaller @{ Site = "$work/site.yaml" } }
            'one recipe' = { Measure-Recipe $Jobs }
            racers = { Measure-Racers }
            'racers recipe' = { Measure-Recipe $each @("$Racers") }
        }) $Rounds "leases a second, $Place"
    $sync = "An fsync there takes $(Format-Number (Get-SyncTime)) ms."
    New-Figure "port-one-$Place" $taken.one $taken['one recipe'] -Note ("$sync $(Get-LeaseTime $taken one) New-JobPort for a job that " +
        "has a port took $(Format-Number (Get-CallTime)) ms.")
    New-Figure "port-site-$Place" $taken['one of a site'] $taken['one recipe']
    New-Figure "port-race-$Place" $taken.racers $taken['racers recipe'] -Note "$sync $(Get-LeaseTime $taken racers)"
}

# Milliseconds until a byte of a file in the area is on its disk.
function Get-SyncTime {
    $file = [System.IO.File]::Create("$work/sync")
    try {
        Get-Median @(foreach ($number in 1..20) {
                $file.WriteByte(1)
                1000 * (Measure-Duration { $file.Flush($true) })
            })
    }
    finally {
        $file.Dispose()
    }
}

function Get-LeaseTime([hashtable] $Taken, [string] $Way) {
    $ours, $theirs = $Taken[$Way], $Taken["$Way recipe"] | ForEach-Object { Format-Number (1000 / (Get-Median $_)) }
    "A lease took $ours ms, by the recipe $theirs ms."
}

$twice = @{ ours = @(); recipe = @() }
$places = [ordered] @{ disk = "$(Split-Path $Site)/shared/bench-ports-$PID"; memory = "/dev/shm/bench-ports-$PID" }
try {
    foreach ($place in $places.Keys) {
        $work = $places[$place]
        Measure-Place $place
    }

    $note = "By the recipe: $(Get-Median $twice.recipe) of $($Racers * $each)."
    New-Figure port-twice $twice.ours -Note $note
}
finally {
    Remove-Item -Recurse -Force @($places.Values) -ErrorAction Ignore
}
