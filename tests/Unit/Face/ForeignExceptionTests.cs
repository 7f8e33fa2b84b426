using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Docker.DotNet;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Module.Base;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Unit.Commands;
using Renci.SshNet;
using YamlDotNet.Core;

namespace PisaHpc.Unit.Face;

/// <summary>
/// Whatever the packages and the platform throw, a cmdlet makes an error of the module of it: of what an adapter knows one of the adapter's
/// ids, of anything else <see cref="ErrorId.InternalError"/>. A package's new exception fails the tables until somebody says what it is.
/// </summary>
public sealed class ForeignExceptionTests
{
    /// <summary>SSH.NET, met while connecting.</summary>
    private static readonly Dictionary<string, ErrorId> OfSsh = new()
    {
        ["NetConfServerException"] = ErrorId.NodeUnreachable,
        ["ProxyException"] = ErrorId.NodeUnreachable,
        ["ScpException"] = ErrorId.NodeUnreachable,
        ["SftpException"] = ErrorId.NodeUnreachable,
        ["SftpPathNotFoundException"] = ErrorId.NodeUnreachable,
        ["SftpPermissionDeniedException"] = ErrorId.NodeUnreachable,
        ["SshAuthenticationException"] = ErrorId.NodeAuthenticationFailed,
        ["SshConnectionException"] = ErrorId.NodeUnreachable,
        ["SshException"] = ErrorId.NodeUnreachable,
        ["SshOperationTimeoutException"] = ErrorId.NodeUnreachable,
        ["SshPassPhraseNullOrEmptyException"] = ErrorId.NodeUnreachable,
    };

    /// <summary>Docker.DotNet, met in a request without a reason that has an id of its own.</summary>
    private static readonly Dictionary<string, ErrorId> OfDocker = new()
    {
        ["DockerApiException"] = ErrorId.NodeCommandFailed,
        ["DockerConfigurationException"] = ErrorId.EngineUnavailable,
        ["DockerContainerNotFoundException"] = ErrorId.NodeCommandFailed,
        ["DockerImageNotFoundException"] = ErrorId.NodeCommandFailed,
        ["DockerNetworkNotFoundException"] = ErrorId.NodeCommandFailed,
        ["DockerPluginNotFoundException"] = ErrorId.NodeCommandFailed,
        ["DockerSwarmNodeAlreadyParticipatingException"] = ErrorId.NodeCommandFailed,
        ["DockerSwarmNodeNotParticipatingException"] = ErrorId.NodeCommandFailed,
        ["SshDockerEndpointNotSupportedException"] = ErrorId.EngineUnavailable,
    };

    /// <summary>The platform's, which come out of an engine's connection.</summary>
    private static readonly Exception[] OfConnections =
    [
        new HttpRequestException("words"), new HttpIOException(HttpRequestError.ResponseEnded, "words"), new IOException("words"),
        new EndOfStreamException("words"), new SocketException((int)SocketError.ConnectionReset), new TimeoutException("words"),
        new TaskCanceledException("words"), new ObjectDisposedException("words"), new JsonException("words"),
        new InvalidDataException("words"), new UnauthorizedAccessException("words"),
    ];

    /// <summary>The platform's, which no adapter expects: each is somebody's bug.</summary>
    private static readonly Exception[] OfBugs =
    [
        new InvalidOperationException("words"), new ArgumentException("words"),
        new OverflowException("words"), new FormatException("words"), new NotSupportedException("words"),
        new KeyNotFoundException("words"), new InvalidCastException("words"),
        new AggregateException("words", new InvalidOperationException("words"), new IOException("words")),
        new OperationCanceledException("words"),
    ];

    public static TheoryData<string> Unknown =>
        [.. Of(typeof(SshClient)).Concat(Of(typeof(DockerClient))).Concat(Of(typeof(YamlException))).Select(type => type.FullName!)
            .Concat(OfConnections.Concat(OfBugs).Select(exception => exception.GetType().FullName!))];

    [Fact]
    public void Every_exception_of_ssh_has_its_id() => Assert.Equal(
        Lines(OfSsh),
        Lines(Of(typeof(SshClient)).ToDictionary(
            type => type.Name, type => ConnectionFailure.Of(Made(type), "o2wn01", new NodeAccess(), "login u").Id)));

    [Fact]
    public void Every_exception_of_the_engine_s_library_has_its_id() => Assert.Equal(
        Lines(OfDocker),
        Lines(Of(typeof(DockerClient)).ToDictionary(type => type.Name, type => EngineFailure.Of(Made(type), "o2wn01").Id)));

    [Fact]
    public void Every_exception_of_an_engine_s_connection_is_an_engine_that_does_not_answer_or_is_slow() => Assert.All(
        OfConnections,
        exception => Assert.Equal(
            (exception is TimeoutException ? ErrorId.EngineTimeout : ErrorId.EngineUnavailable, (object)"o2wn01"),
            (EngineFailure.Of(exception, "o2wn01").Id, EngineFailure.Of(exception, "o2wn01").Target!)));

    [Fact]
    public void Every_exception_of_the_yaml_library_is_one_that_the_reader_catches() =>
        Assert.All(Of(typeof(YamlException)), type => Assert.True(type.IsAssignableTo(typeof(YamlException)), type.Name));

    [Theory]
    [MemberData(nameof(Unknown))]
    public void What_gets_past_the_adapters_is_an_internal_error_of_the_cmdlet(string type)
    {
        var error = Run(Instance(type)).Failure("InternalError");
        Assert.Contains("Test-Failure failed", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains(type, error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("Get-Error", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(type, error.Exception.InnerException!.GetType().FullName);
    }

    [Theory]
    [MemberData(nameof(Unknown))]
    public void One_node_s_unknown_failure_is_that_node_s_error_and_the_others_go_on(string type)
    {
        var run = Run(Instance(type), "-Node n2");
        Assert.Equal("n2", run.Failure("InternalError").TargetObject);
        Assert.Equal(["n1", "n3"], run.Output.Select(output => output.BaseObject));
    }

    [Fact]
    public void A_known_failure_stays_what_it_is()
    {
        var error = Run(new HpcException(ErrorId.PlanConflict, "It failed.", "o2wn01")).Failure("PlanConflict");
        Assert.Equal(("It failed.", (object)"o2wn01"), (error.ErrorDetails.Message, error.TargetObject));
        Assert.Equal(
            "PlanConflict",
            ErrorCatalogue.RecordOf(new AggregateException(new HpcException(ErrorId.PlanConflict, "x"))).FullyQualifiedErrorId);
    }

    [Theory]
    [InlineData("", "NodeTimeout n1", "DiskFull n2", "JobRolledBack 42")]
    [InlineData(" -ErrorAction SilentlyContinue", "JobRolledBack 42")]
    [InlineData(" -ErrorAction Stop", "JobRolledBack 42")]
    [InlineData("; $ErrorActionPreference = 'Stop'", "JobRolledBack 42")]
    public void A_failure_of_several_nodes_has_a_record_for_each_before_its_own_unless_the_first_ends_all(
        string preference, params string[] records)
    {
        var failure = new HpcException(ErrorId.JobRolledBack, "It failed.", "42")
        {
            FailedNodes =
            [
                new NodeFailure("n1", new HpcException(ErrorId.NodeTimeout, "It is slow.", "n1")),
                new NodeFailure("n2", new HpcException(ErrorId.DiskFull, "It is full.")),
            ],
        };

        var run = preference.StartsWith(';')
            ? CmdletRun.With([failure], "ForEach-Object { $ErrorActionPreference = 'Stop'; Test-Failure -Failure $_ }", Failing)
            : Run(failure, preference);

        Assert.Equal(records, run.Errors.Select(error => $"{error.FullyQualifiedErrorId.Split(',')[0]} {error.TargetObject}"));
        Assert.Same(failure, run.Errors[^1].Exception);
    }

    [Fact]
    public void What_powershell_says_itself_stays_what_it_is() =>
        Run(new ItemNotFoundException("words")).Failure("SessionStateException");

    [Fact]
    public async Task The_place_is_the_method_of_ours_that_is_nearest_to_the_failure()
    {
        var ofMethod = Record.Exception(() => ShellQuoting.Quote(null!));
        Assert.Equal("ShellQuoting.Quote", InternalFailure.PlaceOf(ofMethod!));

        Exception? ofAsync = null;
        await FanOut.RunAsync(
            ["n1"], 1, Timeout.InfiniteTimeSpan, (_, _) => throw new IOException(), failure => ofAsync = failure.Cause, default);
        // Which of its methods depends on what the compiler has inlined by now.
        Assert.StartsWith("FanOut.", InternalFailure.PlaceOf(ofAsync!), StringComparison.Ordinal);
        Assert.Equal("a place that left no trace", InternalFailure.PlaceOf(new IOException()));
    }

    private static IEnumerable<string> Lines(Dictionary<string, ErrorId> table) =>
        table.Select(entry => $"{entry.Key}: {entry.Value}").Order(StringComparer.Ordinal);

    private static CmdletRun Run(Exception failure, string more = "") => CmdletRun.With(
        [failure], "ForEach-Object { Test-Failure -Failure $_ " + more + " }", Failing);

    private static (string Name, Type Type) Failing => ("Test-Failure", typeof(FailingCommand));

    private static IEnumerable<Type> Of(Type ofPackage) => ofPackage.Assembly.GetExportedTypes()
        .Where(type => type.IsAssignableTo(typeof(Exception)) && !type.IsAbstract);

    private static Exception Instance(string type) =>
        OfConnections.Concat(OfBugs).FirstOrDefault(exception => exception.GetType().FullName == type)
        ?? Made(Of(typeof(SshClient)).Concat(Of(typeof(DockerClient))).Concat(Of(typeof(YamlException)))
            .Single(candidate => candidate.FullName == type));

    private static Exception Made(Type type)
    {
        object[][] arguments = [["words"], [HttpStatusCode.InternalServerError, "words"], [], ["words", new IOException("words")]];
        var fitting = Array.Find(arguments, list => type.GetConstructor([.. list.Select(argument => argument.GetType())]) is not null);
        return (Exception)(fitting is null ? RuntimeHelpers.GetUninitializedObject(type) : Activator.CreateInstance(type, fitting)!);
    }
}
