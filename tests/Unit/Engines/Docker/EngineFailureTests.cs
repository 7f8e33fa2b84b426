using System.Net;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

public class EngineFailureTests
{
    // The words of Docker 20.10 to 28, runc 1.1 to 1.2, as the engines say them.
    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "invalid mount config for type \"bind\": bind source path does not exist: /nonesuch", ErrorId.MountSourceMissing)]
    [InlineData(HttpStatusCode.InternalServerError, "error gathering device information while adding custom device \"/dev/infiniband/uverbs9\": no such file or directory", ErrorId.DeviceMissing)]
    [InlineData(HttpStatusCode.InternalServerError, "error gathering device information while adding custom device \"/etc/passwd\": not a device node", ErrorId.DeviceMissing)]
    [InlineData(HttpStatusCode.BadRequest, "OCI runtime create failed: container_linux.go:367: starting container process caused: process_linux.go:340: applying cgroup configuration for process caused: error setting rlimit type 8: operation not permitted: unknown", ErrorId.LimitRefused)]
    [InlineData(HttpStatusCode.InternalServerError, "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 8: operation not permitted: unknown", ErrorId.LimitRefused)]
    [InlineData(HttpStatusCode.BadRequest, "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", ErrorId.LimitRefused)]
    [InlineData(HttpStatusCode.BadRequest, "Requested CPUs are not available - requested 0-55, available: 0-1", ErrorId.LimitRefused)]
    [InlineData(HttpStatusCode.InternalServerError, "driver failed programming external connectivity on endpoint x (y): Bind for 0.0.0.0:22042 failed: port is already allocated", ErrorId.PortInUse)]
    [InlineData(HttpStatusCode.InternalServerError, "driver failed programming external connectivity on endpoint x (y): Error starting userland proxy: listen tcp4 0.0.0.0:22042: bind: address already in use", ErrorId.PortInUse)]
    [InlineData(HttpStatusCode.NotFound, "No such image: pisa/none:latest", ErrorId.ImageNotFound)]
    [InlineData(HttpStatusCode.NotFound, "No such container: job-1", ErrorId.ContainerNotFound)]
    [InlineData(HttpStatusCode.Conflict, "Conflict. The container name \"/job-1\" is already in use by container \"abc\".", ErrorId.PlanConflict)]
    [InlineData(HttpStatusCode.BadRequest, "conflicting options: hostname and the network mode", ErrorId.PlanConflict)]
    [InlineData(HttpStatusCode.InternalServerError, "mkdir /var/lib/docker/overlay2/x: no space left on device", ErrorId.DiskFull)]
    [InlineData(HttpStatusCode.InternalServerError, "mkdir /home/a/x: disk quota exceeded", ErrorId.NodeCommandFailed)]
    [InlineData(HttpStatusCode.InternalServerError, "write /sys/fs/cgroup/cpuset/x/tasks: no space left on device", ErrorId.NodeCommandFailed)]
    [InlineData(HttpStatusCode.InternalServerError, "something nobody has seen before", ErrorId.NodeCommandFailed)]
    public void An_answer_is_the_error(HttpStatusCode status, string message, ErrorId id)
    {
        var failure = EngineFailure.OfAnswer(status, message, "o2wn01");
        Assert.Equal(id, failure.Id);
        Assert.Equal("o2wn01", failure.Target);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    // The words of runc 1.1 and of crun 1.
    [Theory]
    [InlineData("error setting rlimit type 8: operation not permitted", "limit memlock", "'memlock: host'")]
    [InlineData("error setting rlimit type 7: operation not permitted", "limit openFiles", "'openFiles: host'")]
    [InlineData("error setting rlimit type 6: operation not permitted", "limit nproc", "default-ulimits")]
    [InlineData("crun: setrlimit `RLIMIT_MEMLOCK`: Operation not permitted: OCI permission denied", "limit memlock", "'memlock: host'")]
    [InlineData("crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied", "limit openFiles", "'openFiles: host'")]
    public void A_refused_limit_is_named_as_the_site_definition_names_it(string message, string limit, string remedy)
    {
        var failure = EngineFailure.OfAnswer(HttpStatusCode.BadRequest, message, "o2wn01");
        Assert.Equal(ErrorId.LimitRefused, failure.Id);
        Assert.Contains(limit, failure.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest for registry.lab:5000/none:1 not found: manifest unknown: manifest unknown", ErrorId.ImageNotFound)]
    [InlineData("pull access denied for none, repository does not exist or may require 'docker login'", ErrorId.ImageNotFound)]
    [InlineData("failed to resolve reference \"registry.lab:5000/none:1\": registry.lab:5000/none:1: not found", ErrorId.ImageNotFound)]
    [InlineData("Get \"http://registry.lab:5000/v2/\": dial tcp 10.10.13.254:5000: connect: connection refused", ErrorId.ImagePullFailed)]
    [InlineData("Get \"https://registry.lab:5000/v2/\": http: server gave HTTP response to HTTPS client", ErrorId.ImagePullFailed)]
    [InlineData("write /var/lib/docker/tmp/x: no space left on device", ErrorId.DiskFull)]
    [InlineData("failed to register layer: Error processing tar file(exit status 1): write /x: disk quota exceeded", ErrorId.DiskFull)]
    [InlineData("Get \"http://registry.none/v2/\": dial tcp: lookup registry.none: no such host", ErrorId.ImagePullFailed)]
    public void A_failed_pull_is_a_missing_image_only_where_the_registry_says_so(string message, ErrorId id) =>
        Assert.Equal(id, EngineFailure.OfPull("none:1", message, "o2wn01").Id);

    [Theory]
    [InlineData(127, "sh: 1: exec: docker: not found", "no docker client")]
    [InlineData(1, "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?", "Is the docker daemon running?")]
    [InlineData(1, "", "ended with 1")]
    public void A_client_that_cannot_dial_says_why(int exitCode, string error, string words)
    {
        var failure = EngineFailure.Unavailable("o2wn01", exitCode, error);
        Assert.Equal(ErrorId.EngineUnavailable, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(127, "sh: 1: exec: docker: not found", true)]
    [InlineData(1, "dial unix /run/docker.sock: connect: permission denied", true)]
    [InlineData(1, "dial unix /run/wrong.sock: connect: no such file or directory", true)]
    [InlineData(1, "dial unix /var/run/docker.sock: connect: no such file or directory", false)]
    [InlineData(1, "dial unix /run/wrong.sock: connect: connection refused", false)]
    public void What_a_wrong_setting_may_be_is_not_the_node_s_fault_alone(int exitCode, string error, bool mayBe) =>
        Assert.Equal(mayBe, EngineFailure.Unavailable("o2wn01", exitCode, error).MayBeSetting);

    [Theory]
    [InlineData("{\"message\":\"No such image: x\"}", "No such image: x")]
    [InlineData("404 page not found\n", "404 page not found")]
    [InlineData("[]", "[]")]
    [InlineData("", "no reason given")]
    [InlineData(null, "no reason given")]
    public void The_engine_s_words_are_taken_from_any_body(string? body, string words) =>
        Assert.Equal(words, EngineFailure.MessageOf(body));

    [Fact]
    public void A_failure_of_the_connection_stays_what_it_is()
    {
        var broken = new HpcException(ErrorId.NodeUnreachable, "gone", "o2wn01");
        Assert.Same(broken, EngineFailure.Of(new HttpRequestException("sending", new IOException("reading", broken)), "o2wn01"));
    }

    [Fact]
    public void A_time_out_is_an_engine_that_is_slow_however_deep_it_is_wrapped()
    {
        var late = new TaskCanceledException("The request was canceled.", new TimeoutException("no answer within 100 s"));
        foreach (var exception in new Exception[] { late, late.InnerException! })
        {
            var failure = EngineFailure.Of(exception, "o2wn01");
            Assert.Equal(ErrorId.EngineTimeout, failure.Id);
            Assert.Contains("is slow, or hangs: no answer within 100 s", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Anything_else_is_an_engine_that_does_not_answer()
    {
        var failure = EngineFailure.Of(new HttpRequestException("sending", new IOException("The response ended prematurely.")), "o2wn01");
        Assert.Equal(ErrorId.EngineUnavailable, failure.Id);
        Assert.Contains("ended prematurely", failure.Message, StringComparison.Ordinal);
    }
}
