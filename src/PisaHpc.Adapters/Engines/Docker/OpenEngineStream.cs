namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>Opens a byte stream to an engine.</summary>
internal delegate Task<Stream> OpenEngineStream(CancellationToken cancellationToken);
