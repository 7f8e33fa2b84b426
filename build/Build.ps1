# Build: the module into bin/, the host into out/host, only when what they are made of has changed.

function Build-Everything {
    Publish-Project -Name 'module' -Project 'src/PisaHpc.Module' -Into 'bin' -From 'src/PisaHpc', 'src/PisaHpc.Module'
    Publish-Project -Name 'host' -Project 'src/PisaHpc.Host' -Into 'out/host' -From 'src/PisaHpc.Host'
}

# Publishes a project unless its sources are those of the last time.
function Publish-Project([string] $Name, [string] $Project, [string] $Into, [string[]] $From) {
    $stamp = Join-Root 'out', 'stamps', $Name
    $sources = Get-SourceState $From
    $isCurrent = [System.IO.File]::Exists($stamp) -and [System.IO.File]::ReadAllText($stamp) -eq $sources -and
        [System.IO.Directory]::Exists((Join-Root $Into))
    if ($isCurrent) {
        return
    }

    Write-Step "building the $Name into $Into"
    $staged = Join-Root 'out', "$Name.new"
    Remove-Tree $staged
    Invoke-Native 'dotnet' 'publish', (Join-Root $Project), '-c', $Configuration, '-o', $staged, '-v', 'quiet', '--nologo'
    Move-Tree $staged (Join-Root $Into)
    [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($stamp))
    [System.IO.File]::WriteAllText($stamp, $sources)
}

# One line for each file that a build reads: path, size, time of change.
function Get-SourceState([string[]] $Folders) {
    $files = [System.Collections.Generic.List[string]]::new()
    foreach ($name in 'Directory.Build.props', 'Directory.Packages.props', '.editorconfig', 'PisaHpc.psd1') {
        $files.Add((Join-Root $name))
    }

    foreach ($folder in $Folders) {
        $all = [System.IO.Directory]::GetFiles((Join-Root $folder), '*', 'AllDirectories')
        $files.AddRange([string[]] @($all | Where-Object { $_ -notmatch '[\\/](obj|bin)[\\/]' }))
    }

    $files.Sort([System.StringComparer]::Ordinal)
    $lines = foreach ($file in $files) {
        $info = [System.IO.FileInfo]::new($file)
        "$file $($info.Length) $($info.LastWriteTimeUtc.Ticks)"
    }

    $lines -join "`n"
}

# Puts a finished tree in another's place, whose files a running process may hold: those stay until it ends.
function Move-Tree([string] $From, [string] $To) {
    $old = "$From.old"
    Remove-Tree $old
    if ([System.IO.Directory]::Exists($To)) {
        [System.IO.Directory]::Move($To, $old)
    }

    [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($To))
    [System.IO.Directory]::Move($From, $To)
    Remove-Tree $old
}

function Remove-Tree([string] $Path) {
    if ([System.IO.Directory]::Exists($Path)) {
        [System.IO.Directory]::Delete($Path, $true)
    }
}
