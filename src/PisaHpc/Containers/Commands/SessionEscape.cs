namespace PisaHpc.Containers.Commands;

/// <summary>
/// The way out of a session whose other side takes no key: <c>~.</c> at the beginning of a line, as in ssh (ssh(1), "Escape characters").
/// A tilde there is held back until the next key; two of them are one.
/// </summary>
internal sealed class SessionEscape
{
    private const byte Tilde = (byte)'~';

    private bool _atLineBegin = true;
    private bool _held;

    /// <summary>Takes keys, and gives those that go to the other side; null where they end the session.</summary>
    public byte[]? Pass(ReadOnlySpan<byte> keys)
    {
        var passed = new List<byte>(keys.Length + 1);
        foreach (var key in keys)
        {
            switch (key)
            {
                case (byte)'.' when _held:
                    return null;
                case Tilde when _atLineBegin && !_held:
                    _held = true;
                    continue;
                case not Tilde when _held:
                    passed.Add(Tilde);
                    break;
            }

            passed.Add(key);
            _held = false;
            _atLineBegin = key is (byte)'\r' or (byte)'\n';
        }

        return [.. passed];
    }
}
