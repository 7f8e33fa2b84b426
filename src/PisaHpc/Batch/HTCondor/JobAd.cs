using System.Globalization;

namespace PisaHpc.Batch.HTCondor;

/// <summary>
/// The attributes of a job or of a slot that HTCondor writes into a file, <c>Name = expression</c> a line each, as <c>condor_q -long</c>
/// and <c>condor_status -long</c> print them (HTCondor manual, "Extra environment variables HTCondor sets for jobs"). Names are in any
/// case.
/// </summary>
internal sealed record JobAd
{
    private readonly Dictionary<string, string> _attributes;

    /// <summary>Reads it.</summary>
    /// <param name="variable">The variable that names the file.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.AllocationNotFound"/>: the file cannot be read.</exception>
    public JobAd(JobEnvironment environment, string variable, string path) => _attributes = environment.LinesOf(variable, path)
        .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
        .Where(pair => pair.Length == 2)
        .GroupBy(pair => pair[0], StringComparer.OrdinalIgnoreCase)
        .ToDictionary(pairs => pairs.Key, pairs => pairs.Last()[1], StringComparer.OrdinalIgnoreCase);

    /// <summary>A string; null for an attribute that is missing, or is none.</summary>
    public string? Text(string name) =>
        _attributes.TryGetValue(name, out var value) && value is ['"', .. var text, '"'] && text.Length > 0 ? text : null;

    /// <summary>A number, which may have a fraction; null for an attribute that is missing, or is none.</summary>
    public double? Real(string name) => _attributes.TryGetValue(name, out var value)
        && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A whole number; null for an attribute that is missing, or is none.</summary>
    public int? Number(string name) => _attributes.TryGetValue(name, out var value)
        && int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
