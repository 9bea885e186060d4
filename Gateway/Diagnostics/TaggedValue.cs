namespace OrleansInference.Gateway.Diagnostics;

/// <summary>The value of an instrument under one set of tags; any thread may write it.</summary>
internal sealed class TaggedValue(KeyValuePair<string, object?>[] tags)
{
    private double _value;

    public KeyValuePair<string, object?>[] Tags => tags;

    public double Value => Volatile.Read(ref _value);

    /// <summary>Whether these are the same names and values in the same order.</summary>
    public bool HasTags(ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        if (others.Length != tags.Length)
        {
            return false;
        }
        for (int i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != others[i].Key || !Equals(tags[i].Value, others[i].Value))
            {
                return false;
            }
        }
        return true;
    }

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double value)
    {
        double before;
        double sum;
        do
        {
            before = Volatile.Read(ref _value);
            sum = before + value;
        } while (Interlocked.CompareExchange(ref _value, sum, before) != before);
    }
}
