namespace OrleansInference.Load.Grpc;

/// <summary>All that a load needs to know of an answer: how long its message is, in bytes.</summary>
internal sealed record GrpcAnswerLength(int Bytes);
