namespace PisaHpc.Adapters.Ssh;

/// <summary>A file that cannot be offered as a private key.</summary>
/// <param name="what">What it is instead: the words after the file's name.</param>
/// <param name="innerException">The parser's failure.</param>
internal sealed class UnusableKeyException(string what, Exception? innerException = null) : Exception(what, innerException);
