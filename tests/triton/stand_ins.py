#!/usr/bin/env python3
"""Puts ONNX models in the place of models of backends that this server does not have.

    stand_ins.py identity MODEL_FOLDER...   gives models of the C++ backend `identity` an ONNX file that does the same
    stand_ins.py unranked MODEL_FOLDER...   the same to any model, with tensors whose rank its configuration tells
    stand_ins.py ones MODEL_FOLDER...       gives Python models one whose outputs are ones, whatever the inputs
    stand_ins.py add_sub MODEL_FOLDER...    gives Python models one that adds and subtracts two inputs
    stand_ins.py nan_inf MODEL_FOLDER...    gives the Python model that answers no numbers one that does the same
    stand_ins.py state MODEL_FOLDER...      gives models of the C++ backend `implicit_state` one that keeps its state
    stand_ins.py names REPOSITORY NAME...   copies every onnx_X of a repository as NAME_X

What an `identity` model is told to wait (`execute_delay_ms`) it spends in a loop, so that the time is about that, not exactly.
What it is to take for its creation (`creation_delay_sec`) is spent in such a loop by a warm-up, which has an input for it.
"""
import math
import os
import re
import shutil
import sys

TURNS_PER_MS = float(os.environ.get("STAND_IN_TURNS_PER_MS", "90"))


def save(folder, graph, config):
    """Writes the graph as each version of a model, and its configuration, which names ONNX Runtime from now on."""
    import onnx
    from onnx import helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    for version in [name for name in os.listdir(folder) if name.isdigit()] or ["1"]:
        os.makedirs(os.path.join(folder, version), exist_ok=True)
        onnx.save(model, os.path.join(folder, version, "model.onnx"))
    config = re.sub(r"^\s*(backend|platform):.*$", 'backend: "onnxruntime"', config, flags=re.MULTILINE)
    config = re.sub(r"^\s*default_model_filename:.*$", "", config, flags=re.MULTILINE)
    open(os.path.join(folder, "config.pbtxt"), "w").write(config)


def configuration(folder):
    return open(os.path.join(folder, "config.pbtxt")).read()


def nan_inf(folder):
    from onnx import TensorProto, helper

    numbers = [float("nan"), float("inf"), float("-inf"), 1.0, 2.0, 3.0]
    constant = helper.make_tensor("numbers", TensorProto.FLOAT, [6], numbers)
    graph = helper.make_graph(
        # The input is read, and changes nothing.
        [helper.make_node("Shape", ["INPUT0"], ["shape"]), helper.make_node("Identity", ["numbers"], ["OUTPUT0"])],
        "nan_inf",
        [helper.make_tensor_value_info("INPUT0", TensorProto.FLOAT, [None])],
        [helper.make_tensor_value_info("OUTPUT0", TensorProto.FLOAT, [6])],
        initializer=[constant],
    )
    save(folder, graph, configuration(folder))


def state(folder):
    """The output is the input and the state; the state stays what it was."""
    from onnx import TensorProto, helper

    def value(name, kind=TensorProto.INT32):
        return helper.make_tensor_value_info(name, kind, [1])

    controls = [value(name, TensorProto.FLOAT) for name in ("START", "READY", "END")]
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["INPUT", "INPUT_STATE"], ["OUTPUT"]),
            helper.make_node("Identity", ["INPUT_STATE"], ["OUTPUT_STATE"]),
        ],
        "state",
        [value("INPUT"), value("TEST_CASE"), value("INPUT_STATE"), *controls],
        [value("OUTPUT"), value("OUTPUT_STATE")],
    )
    save(folder, graph, configuration(folder))


def stand_in(kind, folder):
    from google.protobuf import text_format
    from onnx import TensorProto, helper
    from tritonclient.grpc import model_config_pb2

    types = {
        "BOOL": TensorProto.BOOL, "STRING": TensorProto.STRING, "BF16": TensorProto.BFLOAT16,
        "UINT8": TensorProto.UINT8, "UINT16": TensorProto.UINT16, "UINT32": TensorProto.UINT32, "UINT64": TensorProto.UINT64,
        "INT8": TensorProto.INT8, "INT16": TensorProto.INT16, "INT32": TensorProto.INT32, "INT64": TensorProto.INT64,
        "FP16": TensorProto.FLOAT16, "FP32": TensorProto.FLOAT, "FP64": TensorProto.DOUBLE,
    }  # fmt: skip
    text = configuration(folder)
    config = text_format.Parse(text, model_config_pb2.ModelConfig())

    def datatype_of(tensor):
        return model_config_pb2.DataType.Name(tensor.data_type).removeprefix("TYPE_")

    def value(tensor):
        dims = list(tensor.reshape.shape) if tensor.HasField("reshape") else list(tensor.dims)
        if kind == "unranked":
            return helper.make_tensor_value_info(tensor.name, types[datatype_of(tensor)], None)
        if ragged:  # requests stand behind each other in one dimension, as ONNX models for such batches have it
            return helper.make_tensor_value_info(tensor.name, types[datatype_of(tensor)], [None])
        shape = (["batch"] if config.max_batch_size > 0 else []) + [None if size < 0 else size for size in dims]
        return helper.make_tensor_value_info(tensor.name, types[datatype_of(tensor)], shape)

    ragged = any(one.allow_ragged_batch for one in config.input)

    inputs = [value(one) for one in config.input]
    outputs = [value(one) for one in config.output]
    nodes, constants = [], []
    for one, tensor in zip(config.input, inputs):
        if one.optional:  # what a request may leave out has a value in the file
            constants.append(helper.make_tensor(one.name, tensor.type.tensor_type.elem_type, [1], [0]))
    for one in config.sequence_batching.control_input:  # told of, and not used
        inputs.append(helper.make_tensor_value_info(one.name, control_type(one.control[0], TensorProto), [None, 1]))
    for i, output in enumerate(outputs):
        if kind == "ones":
            elem, dims = output.type.tensor_type.elem_type, [max(1, size) for size in config.output[i].dims]
            constants.append(helper.make_tensor(f"ones{i}", elem, dims, [1] * math.prod(dims)))
            nodes.append(helper.make_node("Identity", [f"ones{i}"], [output.name]))
        elif kind == "add_sub":
            nodes.append(helper.make_node(["Add", "Sub"][i], [inputs[0].name, inputs[1].name], [output.name]))
        else:  # as the backend has it: an output is the input of its number
            nodes.append(helper.make_node("Identity", [inputs[min(i, len(config.input) - 1)].name], [output.name]))
    delay = int(config.parameters["execute_delay_ms"].string_value or 0) if "execute_delay_ms" in config.parameters else 0
    if delay > 0:
        constants.append(helper.make_tensor("turns", TensorProto.INT64, [], [int(delay * TURNS_PER_MS)]))
        nodes = waiting(helper, TensorProto, inputs[0], outputs[0], constants) + nodes[1:]
    creation = config.parameters["creation_delay_sec"].string_value if "creation_delay_sec" in config.parameters else ""
    if creation not in ("", "0"):
        turns = int(int(creation) * 3000 * TURNS_PER_MS)  # nothing is left of such a test where it is too short
        nodes = turns_of_marked(helper, TensorProto, inputs[0], turns, constants) + waiting(
            helper, TensorProto, inputs[0], outputs[0], constants
        )
        text = text.rstrip() + "\n" + warmup(folder, config.input[0])
    graph = helper.make_graph(nodes, "identity", inputs, outputs, initializer=constants)
    for i, output in enumerate(config.output if ragged else []):
        source = config.input[min(i, len(config.input) - 1)].name
        text += f'\nbatch_output {{ target_name: "{output.name}" kind: BATCH_SCATTER_WITH_INPUT_SHAPE source_input: "{source}" }}'
    # A group that names no count has one instance in those backends, and two in ONNX Runtime's.
    if not config.instance_group:
        text = text.rstrip() + "\ninstance_group [{ kind: KIND_CPU count: 1 }]\n"
    if any(group.count == 0 for group in config.instance_group):
        text = re.sub(r"kind\s*:\s*(KIND_[A-Z]+)", r"kind: \1 count: 1", text)
    save(folder, graph, text)


MARK = -7777


def control_type(control, proto):
    if control.fp32_false_true:
        return proto.FLOAT
    return proto.BOOL if control.bool_false_true else proto.UINT64 if control.kind == 3 else proto.INT32


def turns_of_marked(helper, proto, source, turns, constants):
    """Nodes that make `turns` for each marked element of the input, and none for others."""
    kind = source.type.tensor_type.elem_type
    constants.append(helper.make_tensor("mark", kind, [1], [MARK]))
    constants.append(helper.make_tensor("each", proto.INT64, [], [turns]))
    return [
        helper.make_node("Equal", [source.name, "mark"], ["is_marked"]),
        helper.make_node("Cast", ["is_marked"], ["marked"], to=proto.INT64),
        helper.make_node("ReduceSum", ["marked"], ["count"], keepdims=0),
        helper.make_node("Mul", ["count", "each"], ["turns"]),
    ]


def warmup(folder, tensor):
    """The configuration of a warm-up with one marked element, whose file it writes."""
    os.makedirs(os.path.join(folder, "warmup"), exist_ok=True)
    with open(os.path.join(folder, "warmup", "marked"), "wb") as data:
        data.write(MARK.to_bytes(4, "little", signed=True))
    return (
        'model_warmup [{ name: "creation" batch_size: 0 inputs { key: "%s" value: '
        '{ data_type: TYPE_INT32 dims: [ 1 ] input_data_file: "marked" } } }]\n' % tensor.name
    )


def waiting(helper, proto, source, target, constants):
    """Nodes that give the input out after `turns` turns of a loop whose result, nothing, is added to its elements."""
    kind = source.type.tensor_type.elem_type
    side = 64
    constants.append(helper.make_tensor("more", proto.BOOL, [], [True]))
    constants.append(helper.make_tensor("zeros", proto.FLOAT, [side, side], [0.0] * side * side))
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["last", "last"], ["next"]),
            helper.make_node("Identity", ["go"], ["go_on"]),
        ],
        "turn",
        [
            helper.make_tensor_value_info("turn", proto.INT64, []),
            helper.make_tensor_value_info("go", proto.BOOL, []),
            helper.make_tensor_value_info("last", proto.FLOAT, [side, side]),
        ],
        [
            helper.make_tensor_value_info("go_on", proto.BOOL, []),
            helper.make_tensor_value_info("next", proto.FLOAT, [side, side]),
        ],
    )
    return [
        helper.make_node("Loop", ["turns", "more", "zeros"], ["spent"], body=body),
        helper.make_node("ReduceSum", ["spent"], ["nothing"], keepdims=0),
        helper.make_node("Cast", ["nothing"], ["cast"], to=kind),
        helper.make_node("Add", [source.name, "cast"], [target.name]),
    ]


def names(repository, others):
    for model in os.listdir(repository):
        if "onnx_" not in model:
            continue
        for other in others:
            copy = os.path.join(repository, model.replace("onnx_", f"{other}_"))
            if os.path.isdir(copy):
                continue
            shutil.copytree(os.path.join(repository, model), copy)
            path = os.path.join(copy, "config.pbtxt")
            text = open(path).read().replace("onnx_", f"{other}_")
            open(path, "w").write(text)


others = {"nan_inf": nan_inf, "state": state}
if sys.argv[1] in ("identity", "unranked", "ones", "add_sub"):
    for each in sys.argv[2:]:
        stand_in(sys.argv[1], each)
elif sys.argv[1] in others:
    for each in sys.argv[2:]:
        others[sys.argv[1]](each)
else:
    names(sys.argv[2], sys.argv[3:])
