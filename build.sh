#!/usr/bin/env bash
# Finds a PowerShell (pwsh 7.6 or newer, else the embedded host, built first where needed) and hands build.ps1 to it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
host=$root/out/host/pisahpc
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 POWERSHELL_TELEMETRY_OPTOUT=1

find_pwsh() {
    local version
    # shellcheck disable=SC2016 # for pwsh to expand
    version=$(pwsh -NoLogo -NoProfile -NonInteractive -Command '"$($PSVersionTable.PSVersion)"' 2>/dev/null) || return 1
    [[ $(printf '%s\n' 7.6.0 "${version%%-*}" | sort -V | head -n 1) == 7.6.0 ]]
}

if command -v pwsh >/dev/null && find_pwsh; then
    exec pwsh -NoLogo -NoProfile -File "$root/build.ps1" "$@"
fi

# Only the first time: from then on build.ps1 keeps the host up to date itself.
if [[ ! -x $host ]]; then
    command -v dotnet >/dev/null || {
        echo 'build.sh: neither pwsh 7.6 nor the .NET 10 SDK is installed; install the SDK (command: dotnet) and run this again' >&2
        exit 1
    }
    dotnet publish "$root/src/PisaHpc.Host" -c Release -o "$root/out/host" -v quiet --nologo >&2
fi
exec "$host" -NoModule -File "$root/build.ps1" "$@"
