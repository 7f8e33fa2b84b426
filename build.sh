#!/usr/bin/env bash
# Hands build.ps1 to a pwsh 7.6: the machine's own where there is one, else the dotnet tool that .config/dotnet-tools.json pins.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
[[ -t 1 ]] || export NO_COLOR=1

command -v dotnet >/dev/null || {
    echo 'build.sh: the .NET 10 SDK is not installed (command: dotnet); install it and run this again' >&2
    exit 1
}

is_current() {
    local version
    # shellcheck disable=SC2016 # for pwsh to expand
    version=$(pwsh -NoLogo -NoProfile -NonInteractive -Command '"$($PSVersionTable.PSVersion)"' 2>/dev/null) || return 1
    [[ $(printf '%s\n' 7.6.0 "${version%%-*}" | sort -V | sed -n 1p) == 7.6.0 ]]
}

if command -v pwsh >/dev/null && is_current; then
    exec pwsh -NoLogo -NoProfile -File "$root/build.ps1" "$@"
fi

cd "$root"
echo '==> restoring the tools that .config/dotnet-tools.json names (the first time takes a minute)' >&2
said=$(dotnet tool restore 2>&1) || {
    printf '%s\n' "$said" 'build.sh: dotnet tool restore failed, as it says above' >&2
    exit 1
}
exec dotnet pwsh -NoLogo -NoProfile -File "$root/build.ps1" "$@"
