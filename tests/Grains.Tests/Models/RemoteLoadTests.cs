using OrleansInference.Grains.Models;

namespace OrleansInference.Grains.Tests.Models;

public sealed class RemoteLoadTests
{
    [Fact]
    public void FromAnswer_EachAnswerOfANode_IsNamed()
    {
        Assert.Equal(new RemoteLoad(RemoteLoadOutcome.NotInRepository, ""), RemoteLoad.FromAnswer(null));
        Assert.Equal(new RemoteLoad(RemoteLoadOutcome.Loaded, ""), RemoteLoad.FromAnswer(""));
        Assert.Equal(new RemoteLoad(RemoteLoadOutcome.Failed, "no opset"), RemoteLoad.FromAnswer("no opset"));
    }
}
