namespace PisaHpc.Host;

/// <summary>The form in which objects and errors leave the process.</summary>
internal enum OutputFormat
{
    /// <summary>The module's table and list views on stdout, readable errors on stderr.</summary>
    Text,

    /// <summary>One JSON document on stdout, one JSON object a line on stderr.</summary>
    Json,
}
