namespace OrleansInference;

/// <summary>One way to ask a server. Packages bring theirs along; an application may have its own.</summary>
public interface IInferenceTransport
{
    /// <summary>What <see cref="InferenceClientOptions.Transport"/> says to choose it, such as <c>http</c>.</summary>
    string Name { get; }

    /// <summary>Makes the client. Connections are opened when it is used.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The client's name; empty for the default one.</param>
    /// <param name="options">Where it asks, and how; validated.</param>
    IInferenceClient Create(IServiceProvider services, string name, InferenceClientOptions options);
}
