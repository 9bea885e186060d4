namespace OrleansInference.Load.Arguments;

internal sealed class HelpRequestedException : Exception;
