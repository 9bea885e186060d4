using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OrleansInference.Grains.Interfaces.Models;
using ModelMetadata = OrleansInference.ModelMetadata;

namespace OrleansInference.Cli.Commands.Optimize;

/// <summary>Runs a model's file here, on one thread of the CPU, to compare it with others.</summary>
internal sealed class ModelRunner : IDisposable
{
    private const int TimedRuns = 15;
    private const int WarmupRuns = 3;

    private readonly InferenceSession _session;

    /// <summary>Loads a model.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="level">How its graph is optimised on loading.</param>
    /// <param name="saveTo">Where the optimised graph is saved; null for nowhere.</param>
    /// <exception cref="OnnxRuntimeException">It cannot be loaded.</exception>
    public ModelRunner(string path, GraphOptimizationLevel level, string? saveTo = null)
    {
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            GraphOptimizationLevel = level,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        if (saveTo is not null)
        {
            options.OptimizedModelFilePath = saveTo;
        }
        _session = new InferenceSession(path, options);
    }

    /// <summary>Its inputs as the protocol describes them.</summary>
    public ModelMetadata Metadata(string name)
    {
        TensorMetadata[] inputs =
        [
            .. _session.InputMetadata.Select(input => new TensorMetadata(
                input.Key,
                Datatype(input.Key, input.Value.ElementDataType),
                [.. input.Value.Dimensions.Select(dimension => (long)dimension)]
            )),
        ];
        return new ModelMetadata(name, [], "onnxruntime_onnx", inputs, [], "CPUExecutionProvider", []);
    }

    /// <summary>Runs the model on each input. Returns all FP32 outputs, and the rows of the first.</summary>
    public (float[][] Outputs, int Rows) Run(IReadOnlyList<Tensor> inputs)
    {
        using RunOptions options = new();
        using DisposableList values = new(inputs.Select(Value));
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(
            options,
            [.. inputs.Select(input => input.Name)],
            values.Items,
            _session.OutputNames
        );
        float[][] numbers =
        [
            .. outputs
                .Where(output => output.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float)
                .Select(output => output.GetTensorDataAsSpan<float>().ToArray()),
        ];
        long[] shape = outputs[0].GetTensorTypeAndShape().Shape;
        return (numbers, shape.Length == 0 ? 1 : (int)shape[0]);
    }

    /// <summary>Median milliseconds of a run.</summary>
    public double Milliseconds(IReadOnlyList<Tensor> inputs)
    {
        double[] times = new double[TimedRuns];
        for (int i = -WarmupRuns; i < TimedRuns; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            Run(inputs);
            if (i >= 0)
            {
                times[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            }
        }

        Array.Sort(times);
        return times[TimedRuns / 2];
    }

    /// <inheritdoc />
    public void Dispose() => _session.Dispose();

    private static OrtValue Value(Tensor input)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            ElementType(input),
            input.Shape.ToArray()
        );
        input.Data.Span.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static TensorDatatype Datatype(string name, TensorElementType type) =>
        type switch
        {
            TensorElementType.Float => TensorDatatype.Fp32,
            TensorElementType.Double => TensorDatatype.Fp64,
            TensorElementType.Int32 => TensorDatatype.Int32,
            TensorElementType.Int64 => TensorDatatype.Int64,
            TensorElementType.UInt8 => TensorDatatype.UInt8,
            TensorElementType.Int8 => TensorDatatype.Int8,
            TensorElementType.Bool => TensorDatatype.Bool,
            _ => throw new CliException(
                $"input '{name}' is of type {type}, on which variants are not compared; allowed: float, "
                    + $"double, int32, int64, uint8, int8, bool"
            ),
        };

    private static TensorElementType ElementType(Tensor input) =>
        input.Datatype switch
        {
            TensorDatatype.Fp32 => TensorElementType.Float,
            TensorDatatype.Fp64 => TensorElementType.Double,
            TensorDatatype.Int32 => TensorElementType.Int32,
            TensorDatatype.Int64 => TensorElementType.Int64,
            TensorDatatype.UInt8 => TensorElementType.UInt8,
            TensorDatatype.Int8 => TensorElementType.Int8,
            _ => TensorElementType.Bool,
        };

    private sealed class DisposableList(IEnumerable<OrtValue> values) : IDisposable
    {
        public OrtValue[] Items { get; } = [.. values];

        public void Dispose()
        {
            foreach (OrtValue value in Items)
            {
                value.Dispose();
            }
        }
    }
}
