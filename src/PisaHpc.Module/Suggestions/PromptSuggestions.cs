using System.Management.Automation.Subsystem;

namespace PisaHpc.Module.Suggestions;

/// <summary>Puts feedback and predictor of this module into the process, for who asked for it, and takes them out.</summary>
public static class PromptSuggestions
{
    private static readonly Lock Gate = new();
    private static readonly RemedyFeedback Feedback = new();
    private static readonly RemedyPredictor Predictor = new();
    private static bool _isOn;

    /// <summary>Does it; where it was done already, nothing.</summary>
    public static void TurnOn()
    {
        lock (Gate)
        {
            if (!_isOn)
            {
                SubsystemManager.RegisterSubsystem(SubsystemKind.FeedbackProvider, Feedback);
                SubsystemManager.RegisterSubsystem(SubsystemKind.CommandPredictor, Predictor);
                _isOn = true;
            }
        }
    }

    /// <summary>Undoes it; where it was not done, nothing.</summary>
    public static void TurnOff()
    {
        lock (Gate)
        {
            if (_isOn)
            {
                SubsystemManager.UnregisterSubsystem(SubsystemKind.FeedbackProvider, Feedback.Id);
                SubsystemManager.UnregisterSubsystem(SubsystemKind.CommandPredictor, Predictor.Id);
                _isOn = false;
            }
        }
    }
}
