#!/usr/bin/env python3
"""Puts ONNX models in the place of models of backends that this server does not have.

    stand_ins.py identity MODEL_FOLDER...   gives models of the C++ backend `identity` an ONNX file that does the same
    stand_ins.py names REPOSITORY NAME...   copies every onnx_X of a repository as NAME_X

What an `identity` model is told to wait (`execute_delay_ms`) it spends in a loop, so that the time is about that, not exactly.
"""
import os
import re
import shutil
import sys

TURNS_PER_MS = float(os.environ.get("STAND_IN_TURNS_PER_MS", "20"))


def identity(folder):
    import onnx
    from google.protobuf import text_format
    from onnx import TensorProto, helper
    from tritonclient.grpc import model_config_pb2

    types = {
        "BOOL": TensorProto.BOOL, "STRING": TensorProto.STRING, "BF16": TensorProto.BFLOAT16,
        "UINT8": TensorProto.UINT8, "UINT16": TensorProto.UINT16, "UINT32": TensorProto.UINT32, "UINT64": TensorProto.UINT64,
        "INT8": TensorProto.INT8, "INT16": TensorProto.INT16, "INT32": TensorProto.INT32, "INT64": TensorProto.INT64,
        "FP16": TensorProto.FLOAT16, "FP32": TensorProto.FLOAT, "FP64": TensorProto.DOUBLE,
    }  # fmt: skip
    path = os.path.join(folder, "config.pbtxt")
    text = open(path).read()
    config = text_format.Parse(text, model_config_pb2.ModelConfig())

    def value(tensor):
        dims = list(tensor.reshape.shape) if tensor.HasField("reshape") else list(tensor.dims)
        shape = (["batch"] if config.max_batch_size > 0 else []) + [None if size < 0 else size for size in dims]
        datatype = model_config_pb2.DataType.Name(tensor.data_type).removeprefix("TYPE_")
        return helper.make_tensor_value_info(tensor.name, types[datatype], shape)

    inputs = [value(one) for one in config.input]
    outputs = [value(one) for one in config.output]
    # As the backend has it: an output is the input of its number.
    nodes, constants = [], []
    for i, output in enumerate(outputs):
        nodes.append(helper.make_node("Identity", [inputs[min(i, len(inputs) - 1)].name], [output.name]))
    delay = int(config.parameters["execute_delay_ms"].string_value or 0) if "execute_delay_ms" in config.parameters else 0
    if delay > 0:
        nodes = waiting(helper, TensorProto, inputs[0], outputs[0], int(delay * TURNS_PER_MS), constants) + nodes[1:]
    graph = helper.make_graph(nodes, "identity", inputs, outputs, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    versions = [name for name in os.listdir(folder) if name.isdigit()] or ["1"]
    for version in versions:
        os.makedirs(os.path.join(folder, version), exist_ok=True)
        onnx.save(model, os.path.join(folder, version, "model.onnx"))
    open(path, "w").write(re.sub(r"^\s*(backend|platform):.*$", 'backend: "onnxruntime"', text, flags=re.MULTILINE))


def waiting(helper, proto, source, target, turns, constants):
    """Nodes that give the input out after so many turns of a loop whose result, nothing, is added to its elements."""
    kind = source.type.tensor_type.elem_type
    side = 64
    constants.append(helper.make_tensor("turns", proto.INT64, [], [turns]))
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


if sys.argv[1] == "identity":
    for each in sys.argv[2:]:
        identity(each)
else:
    names(sys.argv[2], sys.argv[3:])
