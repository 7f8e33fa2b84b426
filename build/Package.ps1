# Package: the module as users install it, PisaHpc/<version>, in a zip; and the host for systems like this one, in an archive of its own.

# Makes both and gives their paths.
function Export-Package([string] $Into = (Join-Root 'out', 'package')) {
    $version = Get-ModuleVersion
    Remove-Tree $Into
    $module = [System.IO.Path]::Combine($Into, 'PisaHpc', $version)
    Write-Step "packing PisaHpc $version into $module"
    Export-Module $module

    $zip = [System.IO.Path]::Combine($Into, "PisaHpc-$version.zip")
    [System.IO.Compression.ZipFile]::CreateFromDirectory([System.IO.Path]::Combine($Into, 'PisaHpc'), $zip, 'SmallestSize', $true)
    $zip

    $system = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    $archive = [System.IO.Path]::Combine($Into, "pisahpc-$version-$system.tar.gz")
    Export-Archive (Join-Root 'out', 'host') $archive "PisaHpc/$version/host"
    $archive
}

# The module's own files: those that PowerShell loads, and those that its messages name.
function Export-Module([string] $Into) {
    foreach ($name in 'PisaHpc.psd1', 'PisaHpc.psm1', 'PisaHpc.Format.ps1xml', 'LICENSE', 'CHANGELOG.md',
        'docs/site.example.yaml', 'docs/site.schema.json') {
        $target = [System.IO.Path]::Combine($Into, $name)
        [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($target))
        [System.IO.File]::Copy((Join-Root $name), $target)
    }

    # Portable code: what a checkout compiles ahead for its own machine, another system refuses to load.
    Invoke-Native 'dotnet' 'publish', (Join-Root 'src', 'PisaHpc.Module'), '-c', $Configuration, '-v', 'quiet', '--nologo',
        '-p:PublishReadyToRun=false', '-o', ([System.IO.Path]::Combine($Into, 'bin'))
    Export-Help ([System.IO.Path]::Combine($Into, 'en-US'))
}

# A tree's files as a .tar.gz, below a folder; unlike a zip it keeps what is executable.
function Export-Archive([string] $From, [string] $To, [string] $Below) {
    $compressed = [System.IO.Compression.GZipStream]::new([System.IO.File]::Create($To), [System.IO.Compression.CompressionMode]::Compress)
    $archive = [System.Formats.Tar.TarWriter]::new($compressed)
    try {
        foreach ($file in [System.IO.Directory]::GetFiles($From, '*', 'AllDirectories')) {
            $name = [System.IO.Path]::GetRelativePath($From, $file).Replace('\', '/')
            $archive.WriteEntry($file, "$Below/$name")
        }
    }
    finally {
        $archive.Dispose()
    }
}

# The version, from the one place that states it.
function Get-ModuleVersion {
    $manifest = [System.IO.File]::ReadAllText((Join-Root 'PisaHpc.psd1'))
    if ($manifest -notmatch "ModuleVersion\s*=\s*'([^']+)'") {
        throw 'PisaHpc.psd1 states no ModuleVersion.'
    }

    $Matches[1]
}
