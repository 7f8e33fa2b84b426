using System.Management.Automation;
using System.Runtime.InteropServices;

namespace PisaHpc.Host.Scripts;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP stop the running pipeline and wait for what it cleans up. From the second signal on the wait is bounded: the
/// process then ends with the first signal's code, cleaned up or not.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan PatienceAfterSecond = TimeSpan.FromSeconds(20);

    private const int BrokenPipe = 13;

    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action<string> _say;
    private PowerShell? _running;
    private Timer? _lastResort;
    private int _received;

    /// <summary>Starts to listen.</summary>
    /// <param name="say">Tells a person what a second signal means.</param>
    public StopSignals(Action<string> say)
    {
        _say = say;
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(Listen)];
    }

    /// <summary>The exit code of the first signal received, 128 and its number; null when none was.</summary>
    public int? Received => _received == 0 ? null : _received;

    /// <summary>Names the pipeline that a signal stops. A signal that came before stops it now.</summary>
    public void Watch(PowerShell running)
    {
        lock (_gate)
        {
            _running = running;
            if (_received != 0)
            {
                throw new PipelineStoppedException();
            }
        }
    }

    /// <summary>The pipeline has ended.</summary>
    public void Unwatch()
    {
        lock (_gate)
        {
            _running = null;
            _lastResort?.Dispose();
            _lastResort = null;
        }
    }

    /// <summary>Stops the pipeline as SIGPIPE would end another program: what it goes on to put out is for nobody.</summary>
    public void OutputUnread() => OnSignal(128 + BrokenPipe);

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _lastResort?.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        OnSignal(CodeOf(signal));
    });

    private void OnSignal(int code)
    {
        lock (_gate)
        {
            if (_received == 0)
            {
                _received = code;
                _running?.BeginStop(null, null);
            }
            else if (_running is not null && _lastResort is null)
            {
                _say($"still cleaning up; ends in {PatienceAfterSecond.TotalSeconds:0} s in any case");
                _lastResort = new Timer(_ => Environment.Exit(_received), null, PatienceAfterSecond, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private static int CodeOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGINT => 130,
        PosixSignal.SIGTERM => 143,
        _ => 129,
    };
}
