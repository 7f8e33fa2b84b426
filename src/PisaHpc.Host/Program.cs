using PisaHpc.Host;

// The engine reports each module import to its makers unless this stands before it starts; a cluster's node talks to nobody unasked.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
return HostApplication.Run(args);
