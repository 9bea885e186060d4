namespace OrleansInference.Engine.Emulation;

/// <summary>Takes the time of runs in place of a device that is not here.</summary>
public interface IEmulatedDevice
{
    /// <summary>Takes the time of one run; the calling thread waits.</summary>
    /// <param name="model">The model's profile.</param>
    /// <param name="rows">Rows of the run.</param>
    /// <param name="isTerminated">Asked again and again: ends the wait.</param>
    /// <returns>False where it was terminated.</returns>
    bool Run(ModelProfile model, int rows, Func<bool> isTerminated);
}
