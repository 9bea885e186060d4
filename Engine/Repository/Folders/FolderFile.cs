using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Repository.Folders;

/// <summary>A regular file of a model, or one that a link of its folder leads to.</summary>
/// <param name="Path">Where the model has it: links are not followed in the name.</param>
/// <param name="Status">Of what it leads to.</param>
internal readonly record struct FolderFile(string Path, FileStatus Status);
