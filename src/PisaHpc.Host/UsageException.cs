namespace PisaHpc.Host;

/// <summary>The command line cannot be carried out as it stands; the message names the argument and the next step.</summary>
internal sealed class UsageException(string message) : Exception(message);
