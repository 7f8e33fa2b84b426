# The packages: the module as users install it, portable, in a zip and in a .nupkg; for systems like this one the host and the module's code
# compiled ahead in one archive, and the hook with the agent beside it in another.

# Synopsis: out/package/PisaHpc-VERSION.zip, PisaHpc.VERSION.nupkg, pisahpc-VERSION-SYSTEM.tar.gz, pisahpc-hook-VERSION-SYSTEM.tar.gz.
task Package Build, Hook, { Export-Package out/package }

# Makes the packages and gives their files.
function Export-Package([string] $Into) {
    $version = (Import-PowerShellDataFile PisaHpc.psd1).ModuleVersion
    Remove-Item $Into -Recurse -Force -ErrorAction Ignore
    $module = (New-Item -ItemType Directory "$Into/PisaHpc/$version").FullName
    Export-Module $module

    Compress-Archive "$Into/PisaHpc" "$Into/PisaHpc-$version.zip" -CompressionLevel Optimal
    Compress-PSResource $module $Into
    $system = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    $archive = "$Into/pisahpc-$version-$system.tar.gz"
    # The same assemblies as in the zip, over which they are unpacked, with this system's code in them.
    $assemblies = (Get-ChildItem bin -Filter *.dll).Name | ForEach-Object { "bin/$_" }
    $place = "--transform=s,^,PisaHpc/$version/,S"
    exec { tar --create --gzip --file $archive --owner=0 --group=0 $place --directory=out host --directory=.. @assemblies }
    $hook = "$Into/pisahpc-hook-$version-$system.tar.gz"
    $programs = '--directory=out/hook', 'pisahpc-hook', "--directory=$((Resolve-Path out/native).Path)", 'pisahpc-agent', 'pisahpc-run'
    exec { tar --create --gzip --file $hook --owner=0 --group=0 --mode=go-w @programs --directory="$PWD/hooks" systemd }
    Get-Item "$Into/*.zip", "$Into/*.nupkg", "$Into/*.tar.gz"
}

# The module's own files: those that PowerShell loads, and those that its messages name.
function Export-Module([string] $Into) {
    Copy-Item PisaHpc.psd1, PisaHpc.psm1, PisaHpc.Format.ps1xml, LICENSE, CHANGELOG.md $Into
    $docs = New-Item -ItemType Directory "$Into/docs"
    Copy-Item docs/site.example.yaml, docs/site.schema.json $docs
    Copy-Item contrib $Into -Recurse

    # Portable code: what a checkout compiles ahead for its own machine, another system refuses to load.
    exec {
        dotnet publish src/PisaHpc.Module --configuration Release -p:PublishReadyToRun=false --output "$Into/bin" --verbosity quiet --nologo
    }
    # The agent is for systems like this one; where none is made, the module goes without.
    if (Test-Path bin/native) { Copy-Item bin/native "$Into/bin" -Recurse }
    Copy-Item en-US $Into -Recurse
    if (-not (Test-Path "$Into/en-US/PisaHpc.Module.dll-Help.xml")) {
        throw 'en-US has no help of the cmdlets. Run: ./build.sh Docs'
    }
}
