"""Golden numbers of the attention BiLSTM over feature families, from PyTorch in float64: logits, attention, loss and every gradient.

Run with Debian's python3-torch: python3 packages/model/test/oracles/family_net.py > packages/model/test/golden/family-net.json
(written with PyTorch 1.13). Layers are PyTorch's own (LayerNorm, LSTM, Linear, cross_entropy) and autograd does the gradients; nothing is
shared with the project. Weights are stored as the project has them, (in, out); gates of PyTorch's LSTM are i, f, g, o as well.
"""
import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)

BATCH, FAMILIES, HIDDEN, KEYS, CLASSES = 4, [3, 1, 5], 3, 4, 3
STEPS, WIDTH = len(FAMILIES), max(FAMILIES)
CLASS_WEIGHTS = torch.tensor([1.0, 2.0, 0.5])
LABELS = torch.tensor([0, 2, 1, 2])


def rounded(*shape, scale=0.5):
    """Values that float32 holds exactly."""
    return (torch.randn(*shape) * scale).float().double()


weights = {
    "encoder.norm.gain": (1 + rounded(WIDTH)).float().double(),
    "encoder.norm.bias": rounded(WIDTH),
    "encoder.attention.keys.weight": rounded(2 * HIDDEN, KEYS),
    "encoder.attention.keys.bias": rounded(KEYS),
    "encoder.attention.query": rounded(KEYS),
    "head.classes.norm.gain": (1 + rounded(2 * HIDDEN)).float().double(),
    "head.classes.norm.bias": rounded(2 * HIDDEN),
}
for direction in ("forward", "backward"):
    weights[f"encoder.lstm.{direction}.input.weight"] = rounded(WIDTH, 4 * HIDDEN)
    weights[f"encoder.lstm.{direction}.input.bias"] = rounded(4 * HIDDEN)
    weights[f"encoder.lstm.{direction}.recurrent"] = rounded(HIDDEN, 4 * HIDDEN)
linear = {
    "head.classes.out.weight": rounded(2 * HIDDEN, CLASSES),
    "head.classes.out.bias": rounded(CLASSES),
}
cosine = {"head.classes.out.direction": rounded(CLASSES, 2 * HIDDEN)}

x = torch.zeros(BATCH, STEPS, WIDTH)
for t, columns in enumerate(FAMILIES):
    x[:, t, :columns] = rounded(BATCH, columns, scale=1.0)


def encoder(w):
    even = F.layer_norm(x, (WIDTH,), w["encoder.norm.gain"], w["encoder.norm.bias"])
    lstm = torch.nn.LSTM(WIDTH, HIDDEN, batch_first=True, bidirectional=True)
    zeros = torch.zeros(4 * HIDDEN)
    parameters = []
    for direction in ("forward", "backward"):
        name = f"encoder.lstm.{direction}"
        parameters += [w[f"{name}.input.weight"].T, w[f"{name}.recurrent"].T, w[f"{name}.input.bias"], zeros]
    start = torch.zeros(2, BATCH, HIDDEN)
    read = torch._VF.lstm(even, (start, start), parameters, True, 1, 0.0, False, True, True)[0]
    keys = read @ w["encoder.attention.keys.weight"] + w["encoder.attention.keys.bias"]
    attention = torch.softmax(torch.tanh(keys) @ w["encoder.attention.query"], dim=1)
    pooled = (attention[:, :, None] * read).sum(dim=1)
    gain, bias = w["head.classes.norm.gain"], w["head.classes.norm.bias"]
    return F.layer_norm(pooled, (2 * HIDDEN,), gain, bias), attention


def case(name, config, extra, loss_of):
    w = {key: value.clone().requires_grad_() for key, value in {**weights, **extra}.items()}
    even, attention = encoder(w)
    logits, loss = loss_of(w, even)
    loss.backward()
    flat = lambda tensor: tensor.detach().reshape(-1).tolist()
    return {
        "name": name,
        "config": config,
        "weights": {key: flat(value) for key, value in w.items()},
        "logits": flat(logits),
        "attention": flat(attention),
        "loss": loss.item(),
        "gradients": {key: flat(value.grad) for key, value in w.items()},
    }


def cross_entropy(w, even):
    logits = even @ w["head.classes.out.weight"] + w["head.classes.out.bias"]
    return logits, F.cross_entropy(logits, LABELS, weight=CLASS_WEIGHTS)


def arcface(scale, margin, gamma):
    def loss_of(w, even):
        cosines = F.normalize(even) @ F.normalize(w["head.classes.out.direction"]).T
        angles = torch.acos(cosines)
        own = F.one_hot(LABELS, CLASSES).bool()
        z = scale * torch.where(own & (angles < math.pi - margin), torch.cos(angles + margin), cosines)
        p = torch.softmax(z, dim=1)[torch.arange(BATCH), LABELS]
        costs = CLASS_WEIGHTS[LABELS] * (1 - p) ** gamma * -torch.log(p)
        return cosines, costs.sum() / CLASS_WEIGHTS[LABELS].sum()

    return loss_of


print(
    json.dumps(
        {
            "batch": BATCH,
            "families": FAMILIES,
            "hidden": HIDDEN,
            "keys": KEYS,
            "classes": CLASSES,
            "classWeights": CLASS_WEIGHTS.tolist(),
            "labels": LABELS.tolist(),
            "x": x.reshape(-1).tolist(),
            "cases": [
                case("weighted cross-entropy", {"head": "linear", "scale": 1, "gamma": 0, "margin": 0}, linear, cross_entropy),
                case(
                    "angular margin, focal",
                    {"head": "cosine", "scale": 30, "gamma": 2, "margin": 0.35},
                    cosine,
                    arcface(30, 0.35, 2),
                ),
            ],
        }
    )
)
