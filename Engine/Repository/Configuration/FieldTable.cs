using System.Collections.Frozen;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>
/// Every field of <c>model_config.proto</c> and what becomes of it here. The one place that says so: the loader refuses
/// and warns by it, and a test walks the schema against it.
/// </summary>
internal static class FieldTable
{
    private const string TensorRt = "it is TensorRT's, and ONNX Runtime reads tensors in their plain layout";
    private const string CudaOnly = "the server itself decides what is copied and recorded on a GPU";
    private const string CudaProvider = "set it for all models, by Engine:ExecutionProvider:Cuda";

    /// <summary>
    /// By path: names joined by dots, those of a map's values behind the map's. What is refused or warned of stands for
    /// all beneath it.
    /// </summary>
    public static FrozenDictionary<string, FieldSupport> Fields { get; } =
        Done(
                "name",
                "platform",
                "backend",
                "max_batch_size",
                "default_model_filename",
                "version_policy.latest.num_versions",
                "version_policy.all",
                "version_policy.specific.versions",
                "input.name",
                "input.data_type",
                "input.format",
                "input.dims",
                "input.reshape.shape",
                "input.allow_ragged_batch",
                "input.optional",
                "output.name",
                "output.data_type",
                "output.dims",
                "output.reshape.shape",
                "output.label_filename",
                "batch_input.kind",
                "batch_input.target_name",
                "batch_input.data_type",
                "batch_input.source_input",
                "batch_output.target_name",
                "batch_output.kind",
                "batch_output.source_input",
                "instance_group.name",
                "instance_group.count",
                "instance_group.gpus",
                "instance_group.kind",
                "dynamic_batching",
                "dynamic_batching.preferred_batch_size",
                "dynamic_batching.max_queue_delay_microseconds",
                "dynamic_batching.preserve_ordering",
                "dynamic_batching.priority_levels",
                "dynamic_batching.default_priority_level",
                "dynamic_batching.default_queue_policy.timeout_action",
                "dynamic_batching.default_queue_policy.default_timeout_microseconds",
                "dynamic_batching.default_queue_policy.allow_timeout_override",
                "dynamic_batching.default_queue_policy.max_queue_size",
                "dynamic_batching.priority_queue_policy.timeout_action",
                "dynamic_batching.priority_queue_policy.default_timeout_microseconds",
                "dynamic_batching.priority_queue_policy.allow_timeout_override",
                "dynamic_batching.priority_queue_policy.max_queue_size",
                "sequence_batching",
                "sequence_batching.max_sequence_idle_microseconds",
                "sequence_batching.control_input.name",
                "sequence_batching.control_input.control.kind",
                "sequence_batching.control_input.control.int32_false_true",
                "sequence_batching.control_input.control.fp32_false_true",
                "sequence_batching.control_input.control.bool_false_true",
                "sequence_batching.control_input.control.data_type",
                "sequence_batching.direct.max_queue_delay_microseconds",
                "sequence_batching.direct.minimum_slot_utilization",
                "sequence_batching.oldest.max_candidate_sequences",
                "sequence_batching.oldest.preferred_batch_size",
                "sequence_batching.oldest.max_queue_delay_microseconds",
                "sequence_batching.oldest.preserve_ordering",
                "sequence_batching.state.input_name",
                "sequence_batching.state.output_name",
                "sequence_batching.state.data_type",
                "sequence_batching.state.dims",
                "sequence_batching.state.initial_state.data_type",
                "sequence_batching.state.initial_state.dims",
                "sequence_batching.state.initial_state.zero_data",
                "sequence_batching.state.initial_state.data_file",
                "sequence_batching.state.initial_state.name",
                "ensemble_scheduling.step.model_name",
                "ensemble_scheduling.step.model_version",
                "ensemble_scheduling.step.input_map",
                "ensemble_scheduling.step.output_map",
                "optimization.graph.level",
                "parameters.string_value",
                "model_metrics.metric_control.metric_identifier.family",
                "model_metrics.metric_control.histogram_options.buckets",
                "model_warmup.name",
                "model_warmup.batch_size",
                "model_warmup.count",
                "model_warmup.inputs.data_type",
                "model_warmup.inputs.dims",
                "model_warmup.inputs.zero_data",
                "model_warmup.inputs.random_data",
                "model_warmup.inputs.input_data_file",
                "model_repository_agents.agents.name",
                "model_repository_agents.agents.parameters"
            )
            .Concat([
                Refused("input.is_shape_tensor", TensorRt),
                Refused("input.is_non_linear_format_io", TensorRt),
                Refused("output.is_shape_tensor", TensorRt),
                Refused("output.is_non_linear_format_io", TensorRt),
                Refused("model_transaction_policy.decoupled", "a request has exactly one answer here"),
                Refused("sequence_batching.iterative_sequence", "a request runs once here"),
                Refused(
                    "model_operations.op_library_filename",
                    "no code is loaded from a repository; export the model with ONNX's own operators"
                ),
                Warned("cc_model_filenames", "default_model_filename is served on every device"),
                Warned("metric_tags", "metrics carry the model's name and version"),
                Warned("runtime", "ONNX Runtime is built in"),
                Warned("response_cache.enable", "every request runs"),
                Warned(
                    "instance_group.rate_limiter",
                    "runs at once are limited by count alone, as where --rate-limit is off"
                ),
                Warned("instance_group.passive", "every instance serves"),
                Warned("instance_group.profile", "it is TensorRT's"),
                Warned("instance_group.secondary_devices", "there is no DLA here"),
                Warned("instance_group.host_policy", "threads are not bound to processors"),
                Warned("sequence_batching.state.use_same_buffer_for_input_output", "states are kept apart"),
                Warned("sequence_batching.state.use_growable_memory", "states are kept apart"),
                Warned("ensemble_scheduling.step.model_namespace", "there is one repository"),
                Warned("ensemble_scheduling.max_inflight_requests", "the queues of the steps limit it"),
                Warned("optimization.priority", "say slo_p99_ms and slo_weight in parameters"),
                Warned("optimization.cuda", CudaOnly),
                Warned("optimization.execution_accelerators", "CUDA or the CPU runs the model, at its own precision"),
                Warned("optimization.input_pinned_memory", CudaOnly),
                Warned("optimization.output_pinned_memory", CudaOnly),
                Warned("optimization.gather_kernel_buffer_threshold", CudaOnly),
                Warned("optimization.eager_batching", "a batch is gathered when it runs"),
            ])
            .ToFrozenDictionary();

    /// <summary>Entries of <c>parameters</c> by key. One that is not here has no effect either.</summary>
    public static FrozenDictionary<string, FieldSupport> Parameters { get; } =
        Done(
                "slo_p99_ms",
                "slo_weight",
                "idle_ttl_seconds",
                "pinned",
                "max_accuracy_loss",
                "intra_op_thread_count",
                "inter_op_thread_count",
                "execution_mode",
                "enable_mem_arena",
                "enable_mem_pattern",
                "session.intra_op.allow_spinning",
                "session.inter_op.allow_spinning",
                "session.use_device_allocator_for_initializers",
                "session.disable_prepacking",
                "session.set_denormal_as_zero"
            )
            .Concat([
                Warned(
                    "memory.enable_memory_arena_shrinkage",
                    "memory of runs much larger than usual is given back in any case"
                ),
                Warned("cudnn_conv_algo_search", CudaProvider),
                Warned("gpu_mem_limit", CudaProvider),
                Warned("arena_extend_strategy", CudaProvider),
                Warned("do_copy_in_default_stream", CudaProvider),
            ])
            .ToFrozenDictionary();

    private static IEnumerable<KeyValuePair<string, FieldSupport>> Done(params string[] paths) =>
        paths.Select(path => KeyValuePair.Create(path, FieldSupport.Done));

    private static KeyValuePair<string, FieldSupport> Refused(string path, string reason) =>
        KeyValuePair.Create(path, FieldSupport.Refused(reason));

    private static KeyValuePair<string, FieldSupport> Warned(string path, string reason) =>
        KeyValuePair.Create(path, FieldSupport.Warned(reason));
}
