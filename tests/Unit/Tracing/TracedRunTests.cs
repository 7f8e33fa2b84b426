using System.Collections.Concurrent;
using System.Diagnostics;
using PisaHpc.Tracing;

namespace PisaHpc.Unit.Tracing;

public sealed class TracedRunTests
{
    [Fact]
    public async Task Another_listener_in_the_process_sees_the_same_activities_below_the_command_s()
    {
        using var exporter = new Exporter();
        using (var run = new TracedRun("Start-HpcJob", _ => { }))
        {
            await run.RunAsync(() => exporter.ExportAsync(() => Phase.StartJob.RunAsync(
                () => Assert.ThrowsAsync<HpcException>(() => Phase.StartOnNode.RunAsync(
                    () => throw new HpcException(ErrorId.DiskFull, "no space", "n1"), "n1")),
                job: "4711")));
        }

        var (root, job, node) = (exporter["Start-HpcJob"], exporter["StartJob"], exporter["StartOnNode"]);
        Assert.All(new[] { root, job, node }, activity => Assert.Equal("PisaHpc", activity.Source.Name));
        Assert.Equal((root.SpanId, job.SpanId), (job.ParentSpanId, node.ParentSpanId));
        Assert.Equal([new("pisahpc.job", "4711")], job.TagObjects);
        Assert.Equal(
            [new("pisahpc.node", "n1"), new("pisahpc.job", "4711"), new("error.type", "DiskFull")], node.TagObjects);
        Assert.Equal((ActivityStatusCode.Error, "no space"), (node.Status, node.StatusDescription));
        Assert.Equal((ActivityStatusCode.Ok, ActivityStatusCode.Ok), (job.Status, root.Status));
    }

    [Fact]
    public async Task Runs_side_by_side_are_told_of_their_own_phases_though_they_are_of_one_trace()
    {
        var told = new ConcurrentBag<(string Run, string? Node)>();
        using var outer = new Activity("a program that runs both").Start();
        using var both = new Barrier(2);

        await Task.WhenAll(new[] { "a", "b" }.Select(name => Task.Run(async () =>
        {
            using var run = new TracedRun("Test-It", report => told.Add((name, report.Node)));
            await run.RunAsync(() => Phase.Survey.RunAsync(() => Task.Run(both.SignalAndWait), name));
        })));

        Assert.Equal(4, told.Count);
        Assert.All(told, one => Assert.Equal(one.Run, one.Node));
    }

    [Fact]
    public async Task All_parts_of_a_run_are_below_one_root_which_is_below_the_caller_s_activity()
    {
        using var caller = new Activity("caller").Start();
        var roots = new List<Activity?>();
        using (var run = new TracedRun("Test-It", _ => { }))
        {
            await run.RunAsync(() => Task.Run(() => roots.Add(Activity.Current)));
            Assert.Same(caller, Activity.Current);
            await run.RunAsync(() => Task.Run(() => roots.Add(Activity.Current)));
        }

        Assert.Same(caller, Activity.Current);
        Assert.Same(roots[0], roots[1]);
        Assert.Equal(("Test-It", caller, true), (roots[0]!.OperationName, roots[0]!.Parent, roots[0]!.IsStopped));
    }

    [Fact]
    public async Task The_root_has_the_first_failure_though_the_command_goes_on()
    {
        Activity root = null!;
        using (var run = new TracedRun("Test-It", _ => { }))
        {
            await run.RunAsync(() =>
            {
                root = Activity.Current!;
                run.Failed(new HpcException(ErrorId.NodeUnreachable, "first", "n1"));
                run.Failed(new HpcException(ErrorId.DiskFull, "second", "n2"));
                return Task.CompletedTask;
            });
        }

        Assert.Equal((ActivityStatusCode.Error, "first"), (root.Status, root.StatusDescription));
        Assert.Equal("NodeUnreachable", root.GetTagItem("error.type"));
    }

    [Fact]
    public async Task An_interrupted_run_is_cancelled_and_did_not_fail()
    {
        Activity root = null!;
        using (var run = new TracedRun("Test-It", _ => { }))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.RunAsync(() =>
            {
                root = Activity.Current!;
                throw new OperationCanceledException();
            }));
        }

        Assert.Equal((ActivityStatusCode.Unset, true), (root.Status, root.GetTagItem("pisahpc.cancelled")));
    }

    [Fact]
    public async Task What_goes_on_when_the_run_is_over_is_not_told()
    {
        var told = new ConcurrentBag<PhaseReport>();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task late = null!;
        using var run = new TracedRun("Test-It", told.Add);
        await run.RunAsync(() =>
        {
            late = LateAsync();
            return Task.CompletedTask;
        });

        gate.SetResult();
        await late;

        Assert.Empty(told);

        async Task LateAsync()
        {
            await gate.Task;
            await Phase.Survey.RunAsync(() => Task.CompletedTask, "n1");
        }
    }

    /// <summary>What collects activities for elsewhere, of this test alone.</summary>
    private sealed class Exporter : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;
        private ActivityTraceId _trace;

        public Exporter()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Phases.SourceName,
                ActivityStopped = activity =>
                {
                    if (activity.TraceId == _trace)
                    {
                        _ended.Enqueue(activity);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public Activity this[string name] => Assert.Single(_ended, activity => activity.OperationName == name);

        public Task ExportAsync(Func<Task> work)
        {
            _trace = Activity.Current!.TraceId;
            return work();
        }

        public void Dispose() => _listener.Dispose();
    }
}
