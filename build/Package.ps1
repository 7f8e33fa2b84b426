# Package: the module as users install it, out/package/PisaHpc/<version>, and a zip of it.

function Export-Package {
    $version = Get-ModuleVersion
    $package = Join-Root 'out', 'package'
    $module = [System.IO.Path]::Combine($package, 'PisaHpc', $version)
    Remove-Tree $package
    [void] [System.IO.Directory]::CreateDirectory($module)
    Write-Step "packing PisaHpc $version into $module"
    foreach ($name in 'PisaHpc.psd1', 'PisaHpc.psm1', 'PisaHpc.Format.ps1xml', 'PisaHpc.Types.ps1xml', 'LICENSE', 'CHANGELOG.md') {
        [System.IO.File]::Copy((Join-Root $name), [System.IO.Path]::Combine($module, $name))
    }

    # Portable code: what a checkout compiles ahead for its own machine, another system refuses to load.
    Invoke-Native 'dotnet' 'publish', (Join-Root 'src', 'PisaHpc.Module'), '-c', $Configuration, '-v', 'quiet', '--nologo',
        '-p:PublishReadyToRun=false', '-o', ([System.IO.Path]::Combine($module, 'bin'))
    Copy-Tree (Join-Root 'en-US') ([System.IO.Path]::Combine($module, 'en-US'))

    $zip = [System.IO.Path]::Combine($package, "PisaHpc-$version.zip")
    [System.IO.Compression.ZipFile]::CreateFromDirectory([System.IO.Path]::Combine($package, 'PisaHpc'), $zip, 'SmallestSize', $true)
    $zip
}

# The version, from the one place that states it.
function Get-ModuleVersion {
    $manifest = [System.IO.File]::ReadAllText((Join-Root 'PisaHpc.psd1'))
    if ($manifest -notmatch "ModuleVersion\s*=\s*'([^']+)'") {
        throw 'PisaHpc.psd1 states no ModuleVersion.'
    }

    $Matches[1]
}

# Copies a tree, where there is one.
function Copy-Tree([string] $From, [string] $To) {
    if (-not [System.IO.Directory]::Exists($From)) {
        return
    }

    foreach ($file in [System.IO.Directory]::GetFiles($From, '*', 'AllDirectories')) {
        $target = [System.IO.Path]::Combine($To, [System.IO.Path]::GetRelativePath($From, $file))
        [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($target))
        [System.IO.File]::Copy($file, $target)
    }
}
