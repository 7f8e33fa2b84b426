# The agent for containers, of native/: a static program for systems like this one.

# Synopsis: pisahpc-agent into out/native and, for nodes, into the module; gcc and the C library's headers (lab/lab.sh packages).
task Native Agent, ShippedAgent

task Agent -If { $IsLinux } -Inputs { Get-Source Agent native } -Outputs out/native/pisahpc-agent, out/native/pisahpc-run {
    $compiler = Get-CCompiler
    $null = New-Item -ItemType Directory -Force out/native
    # Beside its place and then there whole: a running agent may hold the file that was there.
    exec {
        & $compiler -std=c17 -D_GNU_SOURCE -static-pie -s -Os -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wall -Wextra -Werror `
            -o out/native/pisahpc-agent.new (Get-Item native/*.c).FullName
    }
    Move-Item out/native/pisahpc-agent.new out/native/pisahpc-agent -Force
    $null = New-Item -ItemType SymbolicLink -Force out/native/pisahpc-run -Value pisahpc-agent
}

task ShippedAgent -If { $IsLinux } -Inputs out/native/pisahpc-agent -Outputs bin/native/pisahpc-agent {
    $null = New-Item -ItemType Directory -Force bin/native
    Copy-Item out/native/pisahpc-agent bin/native -Force
}

# The C compiler, if a static program can be made with it.
function Get-CCompiler {
    $packages = 'On Debian: lab/lab.sh packages, or gcc and libc6-dev alone.'
    $compiler = Get-Command gcc -CommandType Application -TotalCount 1 -ErrorAction Ignore
    if (-not $compiler) { throw "The agent cannot be compiled: gcc is not installed. $packages" }

    # gcc names a file that it does not find as it was asked for.
    foreach ($file in 'libc.a', 'rcrt1.o') {
        if (-not [System.IO.Path]::IsPathRooted((& $compiler.Source "-print-file-name=$file"))) {
            throw "The agent cannot be compiled: gcc finds no $file of a static C library. $packages"
        }
    }

    $compiler.Source
}
