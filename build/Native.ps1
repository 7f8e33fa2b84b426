# Native programs: their arguments as an array, their exit code checked.

# A path of the repository.
function Join-Root([string[]] $Parts) {
    [System.IO.Path]::Combine([string[]] (@($Root) + $Parts))
}

# Says a line of progress. Not the pipeline: that carries values.
function Write-Step([string] $Text) {
    [System.Console]::Error.WriteLine("==> $Text")
}

# Runs a program in the repository and throws when it fails. Its output goes to stderr, so that a task's own stays clean.
function Invoke-Native([string] $Program, [string[]] $Arguments) {
    $code = Get-NativeExitCode $Program $Arguments
    if ($code -ne 0) {
        throw "$Program $($Arguments -join ' ') ended with exit code $code; its messages are above."
    }
}

# Runs a program in the repository and gives its exit code. 2>&1 keeps the order of its lines.
function Get-NativeExitCode([string] $Program, [string[]] $Arguments) {
    $PSNativeCommandUseErrorActionPreference = $false
    $ErrorActionPreference = 'Continue'
    & $Program @Arguments 2>&1 | ForEach-Object { [System.Console]::Error.WriteLine("$_") }
    $LASTEXITCODE
}

# Runs the embedded host on the terminal itself, and gives its exit code.
function Start-Host([string[]] $Arguments) {
    $started = [System.Diagnostics.ProcessStartInfo]::new((Join-Root 'out', 'host', 'pisahpc'))
    foreach ($argument in $Arguments) {
        $started.ArgumentList.Add($argument)
    }

    $process = [System.Diagnostics.Process]::Start($started)
    $process.WaitForExit()
    $process.ExitCode
}

# Whether a program is to be found.
function Test-Program([string] $Name) {
    $null -ne (Get-Command -Name $Name -CommandType Application -ErrorAction Ignore)
}

# Whether there is a pwsh 7.6 that has a module, in this version or a newer one.
function Test-PwshModule([string] $Name, [string] $Version) {
    if (-not (Test-Program 'pwsh')) {
        return $false
    }

    # Versions against versions: a number on the right loses its last zero, and then is none.
    $found = & pwsh -NoLogo -NoProfile -NonInteractive -Command ('$PSVersionTable.PSVersion -ge [version] ''7.6'' -and ' +
        "@(Get-Module $Name -ListAvailable | Where-Object { `$_.Version -ge [version] '$Version' }).Count -gt 0")
    "$found" -eq 'True'
}
