using System.Buffers;
using Grpc.Core;

namespace OrleansInference.Load.Grpc;

/// <summary>
/// ModelInfer as bytes: the request is serialized already, and of the answer only the length is looked at. The server
/// shares the cores with this process, so each microsecond here is taken from what is measured.
/// </summary>
internal static class InferCall
{
    private static readonly Marshaller<byte[]> Sent = Marshallers.Create(
        (bytes, context) =>
        {
            context.SetPayloadLength(bytes.Length);
            context.GetBufferWriter().Write(bytes);
            context.Complete();
        },
        context => context.PayloadAsNewBuffer()
    );

    /// <summary>The method, for answers that should all have <paramref name="expected"/>'s length.</summary>
    public static Method<byte[], GrpcAnswerLength> Method(GrpcAnswerLength expected) =>
        new(
            MethodType.Unary,
            "inference.GRPCInferenceService",
            "ModelInfer",
            Sent,
            Marshallers.Create<GrpcAnswerLength>(
                (_, _) => throw new NotSupportedException("An answer is only read."),
                context =>
                    context.PayloadLength == expected.Bytes ? expected : new GrpcAnswerLength(context.PayloadLength)
            )
        );
}
