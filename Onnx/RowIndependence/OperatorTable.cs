using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.RowIndependence.Rules;

namespace OrleansInference.Onnx.RowIndependence;

/// <summary>
/// The operators whose effect on rows has been reviewed, each with its rule. Others are not proven. A rule is added
/// after reading the operator's definition, never because a model needs it.
/// </summary>
internal static class OperatorTable
{
    /// <summary>The operator sets of ONNX's own domain whose definitions were read.</summary>
    public const long LeastOpset = 7;
    public const long MostOpset = 25;

    private const string Microsoft = "com.microsoft";
    private const string Classical = "ai.onnx.ml";

    /// <summary>Operators that draw numbers: no two runs of them need agree.</summary>
    private static readonly HashSet<string> Random =
    [
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
        "Multinomial",
        "Bernoulli",
    ];

    /// <summary>Operators that may compute with the number of rows; their results keep track of it.</summary>
    private static readonly HashSet<string> Counting =
    [
        "Shape",
        "Size",
        "Identity",
        "Cast",
        "Gather",
        "Slice",
        "Concat",
        "Squeeze",
        "Unsqueeze",
        "Reshape",
        "Expand",
        "ConstantOfShape",
        "Resize",
        "Equal",
        "Where",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "ReduceProd",
    ];

    private static readonly Dictionary<(string Domain, string Operator), Func<RuleNode, TracedValue[]>> Rules = Build();

    /// <summary>Every reviewed operator, as DOMAIN:OPERATOR.</summary>
    public static IEnumerable<string> Names =>
        Rules.Keys.Select(key => $"{key.Domain}:{key.Operator}").Order(StringComparer.Ordinal);

    /// <summary>Whether the operator draws numbers.</summary>
    public static bool IsRandom(string operation) => Random.Contains(operation);

    /// <summary>Whether the operator keeps track of a number of rows that it computes with.</summary>
    public static bool MayCount(string operation) => Counting.Contains(operation);

    /// <summary>The rule of an operator, or null.</summary>
    public static Func<RuleNode, TracedValue[]>? Find(string domain, string operation) =>
        Rules.GetValueOrDefault((domain, operation));

    private static Dictionary<(string, string), Func<RuleNode, TracedValue[]>> Build()
    {
        Dictionary<(string, string), Func<RuleNode, TracedValue[]>> rules = [];
        void Add(string domain, Func<RuleNode, TracedValue[]> rule, params ReadOnlySpan<string> operators)
        {
            foreach (string operation in operators)
            {
                rules.Add((domain, operation), rule);
            }
        }

        const string Onnx = OnnxOutline.DefaultDomain;
        Add(
            Onnx,
            ElementwiseRules.Unary,
            "Abs",
            "Acos",
            "Acosh",
            "Asin",
            "Asinh",
            "Atan",
            "Atanh",
            "BitwiseNot",
            "Cast",
            "Ceil",
            "Celu",
            "Clip",
            "Cos",
            "Cosh",
            "Elu",
            "Erf",
            "Exp",
            "Floor",
            "Gelu",
            "HardSigmoid",
            "HardSwish",
            "Identity",
            "IsInf",
            "IsNaN",
            "LeakyRelu",
            "Log",
            "Mish",
            "Neg",
            "Not",
            "Reciprocal",
            "Relu",
            "Round",
            "Selu",
            "Shrink",
            "Sigmoid",
            "Sign",
            "Sin",
            "Sinh",
            "Softplus",
            "Softsign",
            "Sqrt",
            "Swish",
            "Tan",
            "Tanh",
            "ThresholdedRelu"
        );
        Add(
            Onnx,
            Arithmetic,
            "Add",
            "And",
            "BitShift",
            "BitwiseAnd",
            "BitwiseOr",
            "BitwiseXor",
            "Div",
            "Equal",
            "Greater",
            "GreaterOrEqual",
            "Less",
            "LessOrEqual",
            "Max",
            "Mean",
            "Min",
            "Mod",
            "Mul",
            "Or",
            "PRelu",
            "Pow",
            "Sub",
            "Sum",
            "Where",
            "Xor"
        );
        Add(Onnx, ElementwiseRules.LikeFirst, "CastLike");
        Add(Onnx, ElementwiseRules.Dropout, "Dropout");
        Add(Onnx, ElementwiseRules.Linear, "QuantizeLinear", "DequantizeLinear");
        Add(
            Onnx,
            Reduction,
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceProd",
            "ReduceSum",
            "ReduceSumSquare"
        );
        Add(Onnx, ReductionRules.ArgReduce, "ArgMax", "ArgMin");
        Add(Onnx, ReductionRules.Softmax, "Softmax", "LogSoftmax", "Hardmax");
        Add(Onnx, ReductionRules.AlongAxis, "LpNormalization", "CumSum");
        Add(
            Onnx,
            ReductionRules.LayerNormalization,
            "LayerNormalization",
            "RMSNormalization",
            "SimplifiedLayerNormalization"
        );
        Add(Onnx, ReductionRules.MeanVariance, "MeanVarianceNormalization");
        Add(Onnx, ReductionRules.TopK, "TopK");
        Add(Onnx, LinearRules.MatMul, "MatMul", "MatMulInteger");
        Add(Onnx, LinearRules.QLinearMatMul, "QLinearMatMul");
        Add(Onnx, LinearRules.Gemm, "Gemm");
        Add(Onnx, LinearRules.Einsum, "Einsum");
        Add(Onnx, ImageRules.Conv, "Conv", "ConvInteger", "ConvTranspose", "QLinearConv");
        Add(Onnx, ImageRules.Pool, "MaxPool", "AveragePool", "LpPool");
        Add(Onnx, ImageRules.GlobalPool, "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool");
        Add(Onnx, ImageRules.Normalize, "InstanceNormalization", "GroupNormalization", "LRN");
        Add(Onnx, ImageRules.BatchNormalization, "BatchNormalization");
        Add(Onnx, ImageRules.Blocks, "DepthToSpace", "SpaceToDepth");
        Add(Onnx, ImageRules.Resize, "Resize", "Upsample");
        Add(Onnx, ImageRules.GridSample, "GridSample");
        Add(Onnx, ShapeRules.Transpose, "Transpose");
        Add(Onnx, ShapeRules.Flatten, "Flatten");
        Add(Onnx, ShapeRules.Reshape, "Reshape");
        Add(Onnx, ShapeRules.Squeeze, "Squeeze");
        Add(Onnx, ShapeRules.Unsqueeze, "Unsqueeze");
        Add(Onnx, ShapeRules.Concat, "Concat");
        Add(Onnx, ShapeRules.Split, "Split");
        Add(Onnx, ShapeRules.Expand, "Expand");
        Add(Onnx, ShapeRules.ConstantOfShape, "ConstantOfShape");
        Add(Onnx, ShapeRules.Tile, "Tile");
        Add(Onnx, ShapeRules.Pad, "Pad");
        Add(Onnx, ShapeRules.Trilu, "Trilu");
        Add(Onnx, Integers.Shape, "Shape");
        Add(Onnx, Integers.Size, "Size");
        Add(Onnx, IndexingRules.Gather, "Gather");
        Add(Onnx, IndexingRules.Elements, "GatherElements", "ScatterElements");
        Add(Onnx, IndexingRules.GatherNd, "GatherND");
        Add(Onnx, IndexingRules.Slice, "Slice");
        Add(Onnx, IndexingRules.OneHot, "OneHot");
        Add(Onnx, IndexingRules.Range, "Range");
        Add(Onnx, IndexingRules.ReverseSequence, "ReverseSequence");
        Add(Onnx, RecurrentRules.Recurrent, "LSTM", "GRU", "RNN");
        Add(Onnx, GenericRules.Constant, "Constant");
        Add(
            Onnx,
            GenericRules.ConstantsOnly,
            "DynamicQuantizeLinear",
            "NonZero",
            "Compress",
            "Unique",
            "NonMaxSuppression",
            "ScatterND",
            "EyeLike"
        );

        Add(Microsoft, ElementwiseRules.Unary, "Gelu", "QuickGelu", "QLinearSigmoid", "QLinearLeakyRelu");
        Add(Microsoft, ElementwiseRules.Linear, "QuantizeLinear", "DequantizeLinear");
        Add(Microsoft, ElementwiseRules.Broadcast, "BiasGelu", "FastGelu");
        Add(Microsoft, GenericRules.QLinearBinary, "QLinearAdd", "QLinearMul");
        Add(Microsoft, LinearRules.FusedMatMul, "FusedMatMul");
        Add(Microsoft, LinearRules.Gemm, "FusedGemm");
        Add(Microsoft, LinearRules.MatMulNBits, "MatMulNBits");
        Add(Microsoft, FusedRules.FusedConv, "FusedConv");
        Add(Microsoft, FusedRules.SkipLayerNormalization, "SkipLayerNormalization");
        Add(Microsoft, FusedRules.EmbedLayerNormalization, "EmbedLayerNormalization");
        Add(Microsoft, FusedRules.Attention, "Attention");
        Add(Microsoft, FusedRules.MultiHeadAttention, "MultiHeadAttention");
        Add(Microsoft, FusedRules.Distances, "CDist");
        Add(
            Microsoft,
            GenericRules.ConstantsOnly,
            "DynamicQuantizeMatMul",
            "DynamicQuantizeLSTM",
            "MatMulIntegerToFloat"
        );

        Add(Classical, ClassicalRules.Regressor, "LinearRegressor", "SVMRegressor", "TreeEnsembleRegressor");
        Add(Classical, ClassicalRules.Classifier, "LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier");
        Add(Classical, ClassicalRules.Features, "Binarizer", "Imputer", "Normalizer", "Scaler");
        Add(Classical, ClassicalRules.Vectorizer, "FeatureVectorizer");
        Add(Classical, ClassicalRules.Columns, "ArrayFeatureExtractor");
        Add(Classical, ElementwiseRules.Unary, "LabelEncoder");
        return rules;
    }

    /// <summary>On shapes arithmetic is followed exactly; on tensors it goes element by element.</summary>
    private static TracedValue[] Arithmetic(RuleNode node)
    {
        TracedValue? integers = node.Operator == "Where" ? Integers.TryChoose(node) : Integers.TryCompute(node);
        return integers is null ? ElementwiseRules.Broadcast(node) : [integers];
    }

    private static TracedValue[] Reduction(RuleNode node) =>
        Integers.TryProduct(node) is { } integers ? [integers] : ReductionRules.Reduce(node);
}
