"""Independent oracle of the spike transformer: PyTorch autograd and PyTorch's AdamW, in float64.

Writes the golden file that nets/golden.test.ts reads: starting weights, inputs, loss and every gradient of a tiny net, then
ten optimiser steps, for two nets: `post` (the published architecture through torch.nn.TransformerEncoderLayer, relu, Dice with
its detached penalty) and `pre` (bit embedding, rotary positions, gelu, window, own-history path, focal loss with a share of
cross-entropy), which is written out below from the equations.

Run from the repository root with PyTorch >= 1.13:  python3 packages/model/test/oracles/spike_transformer.py
"""

import json
import math
import os

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
UNITS, BATCH, BINS, HEADS = 8, 2, 6, 2
HERE = os.path.dirname(os.path.abspath(__file__))


def f32(x):
    """Values that float32 holds exactly, so that every backend starts from the same numbers."""
    return x.to(torch.float32).to(torch.float64)


def drawn(generator, *shape, scale=0.4):
    return f32(torch.randn(*shape, generator=generator) * scale)


def bits(generator, *shape, rate=0.3):
    return (torch.rand(*shape, generator=generator) < rate).to(torch.float64)


def words(x):
    """(..., units) of 0 and 1 -> one integer a row, bit u = unit u (units <= 32)."""
    weights = 2 ** torch.arange(x.shape[-1], dtype=torch.int64)
    return (x.to(torch.int64) * weights).sum(-1).flatten().tolist()


def dice_paper(logits, y, counted):
    p = torch.sigmoid(logits)[counted]
    y = y[counted]
    d = 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)
    penalty = torch.relu(p.mean() - y.mean()).detach()
    return 0.9 * torch.log(1 + d) + 0.1 * 10 * penalty


def focal_and_bce(logits, y, counted, gamma=2.0, share=0.25):
    z, y = logits[counted], y[counted]
    bce = F.binary_cross_entropy_with_logits(z, y, reduction='none')
    focal = ((1 - torch.exp(-bce)) ** gamma * bce).mean()
    return (1 - share) * focal + share * bce.mean()


def causal_mask(window):
    t = torch.arange(BINS)
    seen = t[None, :] <= t[:, None]
    if window:
        seen &= t[None, :] > t[:, None] - window
    return seen


def post_net(weights, x):
    """PyTorch's own encoder layer; ours stores weights (in, out), PyTorch (out, in)."""
    layer = torch.nn.TransformerEncoderLayer(UNITS, HEADS, 12, dropout=0.0, activation='relu', batch_first=True)
    ours = {
        'self_attn.in_proj_weight': weights['layers.0.attention.qkv.weight'].T,
        'self_attn.in_proj_bias': weights['layers.0.attention.qkv.bias'],
        'self_attn.out_proj.weight': weights['layers.0.attention.output.weight'].T,
        'self_attn.out_proj.bias': weights['layers.0.attention.output.bias'],
        'linear1.weight': weights['layers.0.feedForward.in.weight'].T,
        'linear1.bias': weights['layers.0.feedForward.in.bias'],
        'linear2.weight': weights['layers.0.feedForward.out.weight'].T,
        'linear2.bias': weights['layers.0.feedForward.out.bias'],
        'norm1.weight': weights['layers.0.attentionNorm.gain'],
        'norm1.bias': weights['layers.0.attentionNorm.bias'],
        'norm2.weight': weights['layers.0.feedForwardNorm.gain'],
        'norm2.bias': weights['layers.0.feedForwardNorm.bias'],
    }
    # functional_call keeps the graph to our leaves; training mode avoids the fused inference path.
    layer.train()
    h = torch.nn.utils.stateless.functional_call(layer, ours, (x, ~causal_mask(0)))
    return h @ weights['output.weight'] + weights['output.bias']


def rotate(x):
    """(batch, heads, bins, head width): pairs (i, i + half) by the angle t * 10000^(-i / half)."""
    half = x.shape[-1] // 2
    angle = torch.arange(BINS)[:, None] * 10000.0 ** (-torch.arange(half) / half)[None, :]
    cos, sin = f32(torch.cos(angle)), f32(torch.sin(angle))
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def own_history(weights, x, past, spec):
    """Features of each unit's own past from `past`, a raster that reaches back before the window: (batch, bins, f, units)."""
    whole = torch.cat([past, x], 1)
    start = past.shape[1]
    rows = []
    for t in range(start, start + BINS):
        features = [whole[:, t - lag] for lag in range(spec['lags'])]
        for tau, log_scale in zip(spec['taus'], spec['logScale']):
            decay = math.exp(-1 / tau)
            powers = decay ** torch.arange(t, -1, -1)
            trace = (whole[:, : t + 1] * powers[None, :, None]).sum(1)
            features.append(
                math.sqrt(1 - decay**2) * trace if log_scale == 0 else 0.25 * torch.log1p(log_scale * trace)
            )
        edges = spec['ageEdges']
        age = torch.full((BATCH, UNITS), 10**6)
        for s in range(t + 1):
            age = torch.where(whole[:, s] == 1, torch.full_like(age, t - s), age)
        low = 0
        for edge in edges:
            features.append(((age >= low) & (age < edge)).to(torch.float64))
            low = edge
        rows.append(torch.stack(features, 1))
    return torch.stack(rows, 1)


def history_state(past, spec):
    """What the engine is given of the past: traces, then age, after the last bin before the window."""
    n = past.shape[1]
    rows = []
    for tau in spec['taus']:
        powers = math.exp(-1 / tau) ** torch.arange(n - 1, -1, -1)
        rows.append((past * powers[None, :, None]).sum(1))
    age = torch.full((BATCH, UNITS), 10.0**6)
    for s in range(n):
        age = torch.where(past[:, s] == 1, torch.full_like(age, n - 1 - s), age)
    rows.append(age)
    return torch.stack(rows, 1)


def pre_net(weights, x, past, spec):
    width = weights['embedding.bias'].shape[0]
    seen = causal_mask(4)
    h = x @ weights['embedding.weight'] + weights['embedding.bias']
    for layer in range(2):
        name = f'layers.{layer}'
        get = lambda part: weights[f'{name}.{part}']
        n = F.layer_norm(h, (width,), get('attentionNorm.gain'), get('attentionNorm.bias'))
        qkv = n @ get('attention.qkv.weight') + get('attention.qkv.bias')
        q, k, v = (part.reshape(BATCH, BINS, HEADS, -1).transpose(1, 2) for part in qkv.split(width, -1))
        scores = rotate(q) @ rotate(k).transpose(-1, -2) / math.sqrt(width / HEADS)
        p = torch.softmax(scores.masked_fill(~seen, -math.inf), -1)
        attended = (p @ v).transpose(1, 2).reshape(BATCH, BINS, width)
        h = h + attended @ get('attention.output.weight') + get('attention.output.bias')
        n = F.layer_norm(h, (width,), get('feedForwardNorm.gain'), get('feedForwardNorm.bias'))
        u = n @ get('feedForward.in.weight') + get('feedForward.in.bias')
        gelu = 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3)))
        h = h + gelu @ get('feedForward.out.weight') + get('feedForward.out.bias')
    h = F.layer_norm(h, (width,), weights['finalNorm.gain'], weights['finalNorm.bias'])
    logits = h @ weights['output.weight'] + weights['output.bias']
    features = own_history(weights, x, past, spec)
    return logits + torch.einsum('btfu,fu->btu', features, weights['history.weight'])


def shapes(net):
    width = UNITS if net == 'post' else 12
    hidden = 12 if net == 'post' else 10
    out = {}
    if net == 'pre':
        out['embedding.weight'] = (UNITS, width)
        out['embedding.bias'] = (width,)
    for layer in range(1 if net == 'post' else 2):
        name = f'layers.{layer}'
        for norm in ('attentionNorm', 'feedForwardNorm'):
            out[f'{name}.{norm}.gain'] = (width,)
            out[f'{name}.{norm}.bias'] = (width,)
        for part, a, b in (
            ('attention.qkv', width, 3 * width),
            ('attention.output', width, width),
            ('feedForward.in', width, hidden),
            ('feedForward.out', hidden, width),
        ):
            out[f'{name}.{part}.weight'] = (a, b)
            out[f'{name}.{part}.bias'] = (b,)
    if net == 'pre':
        out['finalNorm.gain'] = (width,)
        out['finalNorm.bias'] = (width,)
    out['output.weight'] = (width, UNITS)
    out['output.bias'] = (UNITS,)
    return out


def run(net, seed):
    generator = torch.Generator().manual_seed(seed)
    spec = {'lags': 3, 'taus': [2, 10, 40], 'logScale': [0, 0, 1], 'ageEdges': [1, 3, 8]} if net == 'pre' else None
    all_shapes = shapes(net)
    if spec:
        all_shapes['history.weight'] = (9, UNITS)
    weights = {}
    for name, shape in all_shapes.items():
        value = drawn(generator, *shape)
        weights[name] = f32(value + 1) if name.endswith('.gain') else value
    for value in weights.values():
        value.requires_grad_(True)
    x = bits(generator, BATCH, BINS, UNITS)
    y = bits(generator, BATCH, BINS, UNITS)
    past = bits(generator, BATCH, 20, UNITS)
    unit_mask = torch.ones(UNITS)
    unit_mask[3] = 0
    row_mask = torch.ones(BATCH, BINS)
    row_mask[0, 0] = 0
    counted = (row_mask[..., None] * unit_mask).bool()

    # The engine holds its state in float32: give the oracle's features the same rounded start by comparing at 1e-6.
    def loss():
        if net == 'post':
            return dice_paper(post_net(weights, x), y, counted)
        return focal_and_bce(pre_net(weights, x, past, spec), y, counted)

    value = loss()
    value.backward()
    result = {
        'net': net,
        'units': UNITS,
        'batch': BATCH,
        'bins': BINS,
        'history': spec,
        'words': words(x),
        'targets': words(y),
        'unitMask': words(unit_mask)[0],
        'rowMask': row_mask.flatten().tolist(),
        'recent': words(past[:, -3:]) if spec else None,
        'state': history_state(past, spec).flatten().tolist() if spec else None,
        'loss': value.item(),
        'weights': {name: weights[name].detach().flatten().tolist() for name in weights},
        'gradients': {name: [float(f'{g:.12g}') for g in weights[name].grad.flatten().tolist()] for name in weights},
    }

    # Ten steps of AdamW with clipping; decay on matrices only, as the engine's parameter specs say.
    settings = {'learningRate': 0.01, 'beta1': 0.9, 'beta2': 0.99, 'epsilon': 1e-8, 'weightDecay': 0.05, 'clip': 0.3}
    decayed = [w for n, w in weights.items() if n.endswith('.weight')]
    plain = [w for n, w in weights.items() if not n.endswith('.weight')]
    optimiser = torch.optim.AdamW(
        [{'params': decayed, 'weight_decay': settings['weightDecay']}, {'params': plain, 'weight_decay': 0.0}],
        lr=settings['learningRate'],
        betas=(settings['beta1'], settings['beta2']),
        eps=settings['epsilon'],
    )
    losses, norms = [], []
    for _ in range(10):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(weights.values()), settings['clip']).item())
        losses.append(value.item())
        optimiser.step()
    result['optimiser'] = settings
    result['losses'] = losses
    result['norms'] = norms
    result['final'] = {n: [float(f'{v:.12g}') for v in w.detach().flatten().tolist()] for n, w in weights.items()}
    return result


golden = {
    'madeBy': f'packages/model/test/oracles/spike_transformer.py, PyTorch {torch.__version__}, float64',
    'nets': [run('post', 11), run('pre', 12)],
}
path = os.path.join(HERE, '..', 'golden', 'spike-transformer.json')
with open(path, 'w') as file:
    json.dump(golden, file, separators=(',', ':'))
    file.write('\n')
