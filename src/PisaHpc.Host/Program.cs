using PisaHpc.Host;

// A cluster's node talks to nobody unasked: the engine would report module imports to its makers and ask them for newer versions.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
Environment.SetEnvironmentVariable("POWERSHELL_UPDATECHECK", "Off");

// The pipe for Enter-PSHostProcess stays in /tmp when the process is killed.
Environment.SetEnvironmentVariable("POWERSHELL_DIAGNOSTICS_OPTOUT", "1");
return HostApplication.Run(args);
