using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Tests.Sessions;

public sealed class ExecutionProviderChoiceTests
{
    private static readonly string[] CpuOnly = [ExecutionProviderChoice.Cpu];
    private static readonly string[] Both = [ExecutionProviderChoice.Cuda, ExecutionProviderChoice.Cpu];

    [Theory]
    [InlineData("auto", "KIND_AUTO", false, ExecutionProviderChoice.Cpu)]
    [InlineData("auto", "KIND_AUTO", true, ExecutionProviderChoice.Cuda)]
    [InlineData("auto", "KIND_CPU", true, ExecutionProviderChoice.Cpu)]
    [InlineData("auto", "KIND_GPU", true, ExecutionProviderChoice.Cuda)]
    [InlineData("cpu", "KIND_GPU", true, ExecutionProviderChoice.Cpu)]
    [InlineData("cuda", "KIND_CPU", true, ExecutionProviderChoice.Cpu)]
    public void Choose_WhatIsWantedAndThere_IsTaken(string wanted, string kind, bool cuda, string expected) =>
        Assert.Equal(expected, ExecutionProviderChoice.Choose(wanted, kind, cuda ? Both : CpuOnly));

    [Theory]
    [InlineData("cuda", "KIND_AUTO", "Engine:ExecutionProvider:Provider")]
    [InlineData("auto", "KIND_GPU", "KIND_GPU")]
    public void Choose_CudaDemandedWhereThereIsNone_SaysWhatThereIs(string wanted, string kind, string demandedBy)
    {
        ModelLoadException exception = Assert.Throws<ModelLoadException>(() =>
            ExecutionProviderChoice.Choose(wanted, kind, CpuOnly)
        );

        Assert.Contains(demandedBy, exception.Message, StringComparison.Ordinal);
        Assert.Contains("has only: CPUExecutionProvider", exception.Message, StringComparison.Ordinal);
        Assert.Contains("-p:OrtPackage", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto", "KIND_AUTO", false)]
    [InlineData("cuda", "KIND_AUTO", true)]
    [InlineData("auto", "KIND_GPU", true)]
    public void IsDemanded_OnlyByName_IsSo(string wanted, string kind, bool expected) =>
        Assert.Equal(expected, ExecutionProviderChoice.IsCudaDemanded(wanted, kind));
}
