using Google.Protobuf;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.Reading;

public sealed class OnnxOutlineReaderTests : IDisposable
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_BuiltModel_GivesWhatWasBuilt()
    {
        OnnxOutline outline = Read(ColorNamesModel.Create());

        Assert.Equal(8, outline.IrVersion);
        Assert.Equal(17, outline.OpsetImports[OnnxOutline.DefaultDomain]);
        Assert.Equal("OrleansInference", outline.ProducerName);
        Assert.Equal("color-names", outline.GraphName);
        Assert.Equal("MIT", outline.Metadata["license"]);
        OnnxValue input = Assert.Single(outline.Inputs);
        Assert.Equal(("rgb", Float), (input.Name, input.ElementType));
        Assert.Equal(["batch", 3], input.Dimensions);
        Assert.Equal(["scores", "label"], outline.Outputs.Select(output => output.Name));
        Assert.Equal(TensorProto.Types.DataType.String, outline.Outputs[1].ElementType);
        Assert.Contains("centres", outline.InitializerNames);
        Assert.Equal([OnnxOutline.DefaultDomain], outline.OperatorDomains);
        Assert.Empty(outline.ExternalDataLocations);
    }

    [Fact]
    public void Read_InputOfUnknownRankOrKind_SaysSo()
    {
        ModelProto model = Model();
        model.Graph.Input.Add(
            new ValueInfoProto
            {
                Name = "any_rank",
                Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } },
            }
        );
        model.Graph.Input.Add(
            new ValueInfoProto
            {
                Name = "list",
                Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence() },
            }
        );

        OnnxOutline outline = Read(model.ToByteArray());

        Assert.Equal(Float, outline.Inputs[1].ElementType);
        Assert.Null(outline.Inputs[1].Dimensions);
        Assert.Equal(TensorProto.Types.DataType.Undefined, outline.Inputs[2].ElementType);
    }

    [Fact]
    public void Read_ExternalTensorsEverywhere_NamesEveryLocation()
    {
        ModelProto model = Model();
        model.Graph.Initializer.Add(External("a"));
        model.Graph.SparseInitializer.Add(new SparseTensorProto { Values = External("b"), Indices = External("c") });
        GraphProto branch = new() { Initializer = { External("d") } };
        branch.Node.Add(
            new NodeProto
            {
                OpType = "If",
                Attribute = { OnnxAttribute.Of("then_branch", new GraphProto { Initializer = { External("e") } }) },
            }
        );
        AttributeProto lists = new()
        {
            Name = "lists",
            Tensors = { External("f") },
            Graphs = { branch },
            SparseTensors = { new SparseTensorProto { Values = External("g") } },
        };
        model.Graph.Node.Add(
            new NodeProto { OpType = "Constant", Attribute = { OnnxAttribute.Of("value", External("h")), lists } }
        );
        NodeProto inFunction = new()
        {
            OpType = "Constant",
            Attribute =
            {
                new AttributeProto
                {
                    Name = "v",
                    SparseTensor = new SparseTensorProto { Values = External("i") },
                },
            },
        };
        model.Functions.Add(
            new FunctionProto
            {
                Name = "f",
                Node = { inFunction },
                AttributeProto = { OnnxAttribute.Of("v", External("j")) },
            }
        );
        model.TrainingInfo.Add(
            new TrainingInfoProto
            {
                Initialization = new GraphProto { Initializer = { External("k") } },
                Algorithm = new GraphProto { Initializer = { External("l") } },
            }
        );

        Assert.Equal(
            ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"],
            Read(model.ToByteArray()).ExternalDataLocations
        );
    }

    [Fact]
    public void Read_ExternalTensorHiddenByAnUnknownLocationValue_StillNamesIt()
    {
        TensorProto tensor = External("hidden");
        tensor.DataLocation = (TensorProto.Types.DataLocation)7;
        ModelProto model = Model();
        model.Graph.Initializer.Add(tensor);

        Assert.Equal(["hidden"], Read(model.ToByteArray()).ExternalDataLocations);
    }

    [Fact]
    public void Read_ExternalTensorWithoutLocation_Throws()
    {
        ModelProto model = Model();
        model.Graph.Initializer.Add(
            new TensorProto { Name = "w", DataLocation = TensorProto.Types.DataLocation.External }
        );

        OnnxFormatException exception = Assert.Throws<OnnxFormatException>(() => Read(model.ToByteArray()));
        Assert.Contains("'w'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CustomOperators_NamesTheirDomainsButNotTheFunctions()
    {
        ModelProto model = Model();
        model.Functions.Add(
            new FunctionProto
            {
                Domain = "local",
                Name = "Twice",
                Node =
                {
                    new NodeProto { OpType = "Fft", Domain = "contoso" },
                },
            }
        );
        model.Graph.Node.Add(new NodeProto { OpType = "Twice", Domain = "local" });

        Assert.Equal([OnnxOutline.DefaultDomain, "contoso"], Read(model.ToByteArray()).OperatorDomains);
    }

    [Fact]
    public void Read_LargeWeights_AreNotLoaded()
    {
        ModelProto model = Model();
        model.Graph.Initializer.Add(OnnxTensor.Of<float>("w", new float[4 << 20], 4 << 20));
        string path = _folder.Write("model.onnx", model.ToByteArray());

        long before = GC.GetAllocatedBytesForCurrentThread();
        OnnxOutline outline = OnnxOutlineReader.Read(path);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Contains("w", outline.InitializerNames);
        Assert.True(allocated < 1 << 20, $"{allocated} bytes for an outline");
    }

    [Fact]
    public void Read_MissingFileOrFolder_IsAnIOException()
    {
        Assert.Throws<FileNotFoundException>(() => OnnxOutlineReader.Read(Path.Combine(_folder.Path, "none.onnx")));
        Assert.Throws<IOException>(() => OnnxOutlineReader.Read(_folder.Path));
    }

    private static TensorProto External(string location) => OnnxTensor.External("t", Float, location, 0, 4, 1);

    private static ModelProto Model() => ModelProto.Parser.ParseFrom(FixtureModels.NoBatch(2));

    private OnnxOutline Read(byte[] contents) => OnnxOutlineReader.Read(_folder.Write("model.onnx", contents));
}
