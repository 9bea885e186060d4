namespace OrleansInference.Routing.Partition;

/// <summary>
/// Puts the outputs of a request together whose rows ran in several batches. Fixed-size rows are copied straight to
/// their place; BYTES rows, whose length is known only at the end, are kept in parts and joined last.
/// </summary>
public sealed class JoinedOutputs
{
    // Parts that run side by side end on different threads.
    private readonly Lock _lock = new();

    // By their first row: they end in any order.
    private readonly SortedList<int, Tensor[]> _parts = [];
    private readonly int _rows;
    private Tensor[]? _whole;
    private TensorBuffer?[]? _buffers;
    private int _rowsDone;

    /// <summary>Creates it for a request of <paramref name="rows"/> rows.</summary>
    public JoinedOutputs(int rows) => _rows = rows;

    /// <summary>
    /// Adds the outputs of rows from <paramref name="start"/> on, and disposes them. Returns all outputs once the last
    /// rows are there, else null.
    /// </summary>
    /// <exception cref="InvalidDataException">The parts differ in more than their number of rows.</exception>
    public Tensor[]? Add(int start, int rows, Tensor[] outputs)
    {
        lock (_lock)
        {
            _whole ??= new Tensor[outputs.Length];
            _buffers ??= new TensorBuffer?[outputs.Length];
            bool keep = false;
            for (int i = 0; i < outputs.Length; i++)
            {
                if (outputs[i].Datatype == TensorDatatype.Bytes)
                {
                    keep = true;
                }
                else
                {
                    Place(i, start, rows, outputs[i]);
                }
            }

            if (keep)
            {
                _parts.Add(start, outputs);
            }
            else
            {
                Release(outputs);
            }
            _rowsDone += rows;
            if (_rowsDone < _rows)
            {
                return null;
            }
            foreach (int i in Enumerable.Range(0, outputs.Length).Where(i => _whole[i] is null))
            {
                _whole[i] = JoinBytes(i);
            }
            foreach (Tensor[] part in _parts.Values)
            {
                Release(part);
            }
            return _whole;
        }
    }

    private static void Release(Tensor[] outputs)
    {
        foreach (Tensor output in outputs)
        {
            output.Dispose();
        }
    }

    private void Place(int index, int start, int rows, Tensor part)
    {
        int rowBytes = part.ByteLength / rows;
        TensorBuffer buffer = _buffers![index] ??= TensorBuffer.Rent(checked(rowBytes * _rows));
        if (_whole![index] is null)
        {
            long[] shape = part.Shape.ToArray();
            shape[0] = _rows;
            _whole[index] = new Tensor(part.Name, part.Datatype, shape, buffer.Memory, buffer);
        }
        else if (!_whole[index].Shape[1..].SequenceEqual(part.Shape[1..]))
        {
            throw new InvalidDataException(
                $"Output '{part.Name}' has shape {TensorShape.Format(part.Shape)} for some rows and "
                    + $"{TensorShape.Format(_whole[index].Shape)} for others; send fewer rows a request."
            );
        }

        part.Data.Span.CopyTo(buffer.Span[(start * rowBytes)..]);
    }

    private Tensor JoinBytes(int index)
    {
        TensorBuffer buffer = TensorBuffer.Rent(_parts.Values.Sum(part => part[index].ByteLength));
        int offset = 0;
        foreach (Tensor[] part in _parts.Values)
        {
            part[index].Data.Span.CopyTo(buffer.Span[offset..]);
            offset += part[index].ByteLength;
        }

        Tensor first = _parts.Values[0][index];
        long[] shape = first.Shape.ToArray();
        shape[0] = _rows;
        return new Tensor(first.Name, first.Datatype, shape, buffer.Memory, buffer);
    }
}
