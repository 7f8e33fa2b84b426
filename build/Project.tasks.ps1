# The programs: the module into bin/, the host into out/host, each only when what it is made of has changed.

# Synopsis: The module with its help and the agent for containers, and the host.
task Build Module, Native, Host, Help

task Module -Inputs { Get-Source Module src/PisaHpc, src/PisaHpc.Adapters, src/PisaHpc.Module, hooks } -Outputs bin/PisaHpc.Module.dll {
    Publish-Project src/PisaHpc.Module bin PisaHpc.Module.dll
}

task Host -Inputs { Get-Source Host src/PisaHpc.Host } -Outputs out/host/pisahpc {
    Publish-Project src/PisaHpc.Host out/host pisahpc
}

# Synopsis: The program for batch systems' hooks into out/hook, compiled ahead of time, which takes a minute: Build does without it.
task Hook HookProgram, Agent, AgentBesideHook

task HookProgram -Inputs { Get-Source Hook src/PisaHpc, src/PisaHpc.Adapters, src/PisaHpc.Hook, hooks } -Outputs out/hook/pisahpc-hook {
    Publish-Project src/PisaHpc.Hook out/hook pisahpc-hook
}

task AgentBesideHook -If { $IsLinux } -Inputs out/native/pisahpc-agent -Outputs out/hook/pisahpc-agent {
    Copy-Item out/native/pisahpc-agent out/hook -Force
}

# What a build reads: files, and the list of their names, which changes when one of them goes.
function Get-Source([string] $Name, [string[]] $Folders) {
    $files = @(
        Get-Item Directory.Build.props, Directory.Packages.props, .editorconfig, PisaHpc.psd1 -Force
        Get-ChildItem $Folders -File -Recurse | Where-Object FullName -NotMatch '[\\/](obj|bin)[\\/]'
    )
    $list = Join-Path (New-Item -ItemType Directory -Force out/sources) "$Name.txt"
    $names = $files.FullName -join "`n"
    if (-not (Test-Path $list) -or (Get-Content $list -Raw) -cne $names) { Set-Content $list $names -NoNewline }
    $files
    Get-Item $list
}

# Publishes a project beside its place and puts it there whole: a running process may hold the files that were there.
function Publish-Project([string] $Project, [string] $Into, [string] $Output) {
    $staged = "out/$(Split-Path $Into -Leaf).new"
    Remove-Item $staged, "$staged.old" -Recurse -Force -ErrorAction Ignore
    exec { dotnet publish $Project --configuration Release --output $staged --verbosity quiet --nologo }
    (Get-Item "$staged/$Output").LastWriteTime = Get-Date
    if (Test-Path $Into) { Move-Item $Into "$staged.old" }
    Move-Item $staged $Into
    Remove-Item "$staged.old" -Recurse -Force -ErrorAction Ignore
}
