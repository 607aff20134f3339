"""Writes a trained network as an ONNX file with int8 weights."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from guidelines.training.network import HEADS, WIDTH, Network

_OPSET = 20
_FAR = -1e4


class _Graph:
    """Nodes and constants as they are added; each method returns the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def linear(self, state: str, matrix: Any, shift: Any) -> str:
        return self.add("Add", self.add("MatMul", state, self.constant(matrix)), self.constant(shift))

    def normed(self, state: str, weights: Network, name: str) -> str:
        scale, shift = self.constant(weights[f"{name}_scale"]), self.constant(weights[f"{name}_shift"])
        return self.add("LayerNormalization", state, scale, shift, epsilon=1e-12)

    def heads(self, state: str, order: list[int]) -> str:
        split = self.constant(np.array([0, 0, HEADS, WIDTH // HEADS]))
        return self.add("Transpose", self.add("Reshape", state, split), perm=order)

    def mean(self, state: str, chosen: str) -> str:
        tokens = self.constant(np.array([1]))
        wide = self.add("Unsqueeze", chosen, self.constant(np.array([2])))
        total = self.add("ReduceSum", self.add("Mul", state, wide), tokens, keepdims=0)
        number = self.add("Max", self.add("ReduceSum", wide, tokens, keepdims=0), self.constant(np.float32(1)))
        return self.add("Div", total, number)


def export(network: Network, path: Path) -> None:
    """Write the network to `path`: inputs `vectors`, `kinds`, `present`, output `logits`."""
    weights = _as_arrays(network)
    model = helper.make_model(_graph(weights), opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        onnx.save(model, whole)
        quantize_dynamic(
            whole,
            path,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul"],
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )


def _as_arrays(network: Network) -> Network:
    return {
        name: [_as_arrays(layer) for layer in value] if name == "layers" else np.asarray(value, np.float32)
        for name, value in network.items()
    }


def _graph(weights: Network) -> Any:
    graph = _Graph()
    one = graph.constant(np.float32(1))
    present = graph.add("Cast", "present", to=TensorProto.FLOAT)
    kinds = graph.add("Cast", "kinds", to=TensorProto.FLOAT)
    absent = graph.add("Sub", one, graph.add("Unsqueeze", present, graph.constant(np.array([1, 2]))))
    hidden = graph.add("Mul", absent, graph.constant(np.float32(_FAR)))
    state = _embedded(graph, weights)
    for layer in weights["layers"]:
        state = _layer(graph, layer, state, hidden)
    second = graph.mean(state, graph.add("Mul", present, kinds))
    first = graph.mean(state, graph.add("Mul", present, graph.add("Sub", one, kinds)))
    opening = graph.add("Gather", state, graph.constant(np.array(0)), axis=1)
    joined = graph.add("Concat", opening, second, graph.add("Mul", first, second), axis=-1)
    inner = graph.add("Tanh", graph.linear(joined, weights["head_in"], weights["head_in_shift"]))
    graph.nodes.append(
        helper.make_node("Identity", [graph.linear(inner, weights["head_out"], weights["head_out_shift"])], ["logits"])
    )
    whole = ("batch", "pieces")
    inputs = [
        helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [*whole, WIDTH]),
        helper.make_tensor_value_info("kinds", TensorProto.INT64, whole),
        helper.make_tensor_value_info("present", TensorProto.INT64, whole),
    ]
    classes = weights["head_out"].shape[1]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])
    return helper.make_graph(graph.nodes, "pairs", inputs, [output], graph.constants)


def _embedded(graph: _Graph, weights: Network) -> str:
    length = graph.add("Gather", graph.add("Shape", "kinds"), graph.constant(np.array([1])))
    zero = graph.constant(np.array([0]))
    positions = graph.add("Slice", graph.constant(weights["positions"]), zero, length, zero)
    kinds = graph.add("Gather", graph.constant(weights["kinds"]), "kinds")
    return graph.normed(graph.add("Add", graph.add("Add", "vectors", positions), kinds), weights, "norm")


def _layer(graph: _Graph, layer: Network, state: str, hidden: str) -> str:
    scale = np.sqrt(np.float32(WIDTH // HEADS))
    query = graph.heads(graph.linear(state, layer["query"] / scale, layer["query_shift"] / scale), [0, 2, 1, 3])
    keyed = graph.heads(graph.linear(state, layer["key"], layer["key_shift"]), [0, 2, 3, 1])
    value = graph.heads(graph.linear(state, layer["value"], layer["value_shift"]), [0, 2, 1, 3])
    weights = graph.add("Softmax", graph.add("Add", graph.add("MatMul", query, keyed), hidden), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", mixed, graph.constant(np.array([0, 0, WIDTH])))
    state = graph.normed(
        graph.add("Add", state, graph.linear(joined, layer["mixed"], layer["mixed_shift"])), layer, "mixed_norm"
    )
    wide = graph.add("Gelu", graph.linear(state, layer["wide"], layer["wide_shift"]))
    narrow = graph.linear(wide, layer["narrow"], layer["narrow_shift"])
    return graph.normed(graph.add("Add", state, narrow), layer, "narrow_norm")
