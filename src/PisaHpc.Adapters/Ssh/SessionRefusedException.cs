namespace PisaHpc.Adapters.Ssh;

/// <summary>A node's sshd allows fewer sessions on a connection (MaxSessions in sshd_config(5)) than were asked for.</summary>
internal sealed class SessionRefusedException(string message, Exception innerException) : Exception(message, innerException);
