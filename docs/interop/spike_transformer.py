"""The spike transformer in PyTorch, rebuilt from config.json and model.safetensors alone: what a checkpoint folder of a
run holds, and what `spikebridge export --format safetensors` writes. It needs PyTorch (1.13 or newer) and numpy, nothing
of Spikebridge. docs/interop.md explains the files.

    python3 docs/interop/spike_transformer.py FOLDER SPIKES LOGITS.npy [--double]

SPIKES is the raster.npy of `spikebridge bin` (bins, bytes of 8 units), taken as one window that begins in silence, or a
.npz with `spikes` (batch, bins, bytes) and, for nets with own history, `recent` (batch, lags, bytes) and `state` (batch,
traces + 1, units). LOGITS.npy is (batch, bins, units): row t is the log-odds of each unit's spike in bin t + 1.
"""

import argparse
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def read_safetensors(path):
    """Name -> array. The file is: length of the header (8 bytes, little-endian), JSON header, raw little-endian data."""
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    arrays = {}
    for name, entry in header.items():
        if name == '__metadata__':
            continue
        start, end = entry['data_offsets']
        dtype = {'F32': '<f4', 'U32': '<u4'}[entry['dtype']]
        arrays[name] = np.frombuffer(data[start:end], dtype).reshape(entry['shape'])
    return arrays


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config['hidden_size']
        self.heads = config['num_attention_heads']
        self.window = config['sliding_window']
        self.causal = config['is_causal']
        self.rope_theta = config['rope_theta']
        self.qkv = nn.Linear(width, 3 * width)  # q | k | v; within each, head after head
        self.output = nn.Linear(width, width)

    def seen(self, bins):
        """(bins, bins): may row t look at bin s?"""
        t = torch.arange(bins)
        if not self.causal:
            return torch.ones(bins, bins, dtype=torch.bool)
        seen = t[None, :] <= t[:, None]
        if self.window is not None:
            seen &= t[None, :] > t[:, None] - self.window
        return seen

    def rotate(self, x):
        """Turns the pairs (i, i + half) of (batch, heads, bins, head width) by t * theta^(-i / half)."""
        half = x.shape[-1] // 2
        frequency = self.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
        angle = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * frequency
        cos, sin = torch.cos(angle).to(x.dtype), torch.sin(angle).to(x.dtype)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    def forward(self, x):
        batch, bins, width = x.shape
        q, k, v = (
            part.reshape(batch, bins, self.heads, -1).transpose(1, 2) for part in self.qkv(x).split(width, -1)
        )  # (batch, heads, bins, head width)
        if self.rope_theta is not None:
            q, k = self.rotate(q), self.rotate(k)
        scores = q @ k.transpose(-1, -2) / math.sqrt(width / self.heads)
        weights = torch.softmax(scores.masked_fill(~self.seen(bins), -math.inf), -1)
        return self.output((weights @ v).transpose(1, 2).reshape(batch, bins, width))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, epsilon = config['hidden_size'], config['layer_norm_eps']
        self.norm_first = config['norm_first']
        self.activation = {
            'relu': F.relu,
            # Written out, since torch 1.13 has it as an option and older ones do not.
            'gelu_pytorch_tanh': lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        }[config['hidden_act']]
        self.attentionNorm = nn.LayerNorm(width, epsilon)
        self.attention = Attention(config)
        self.feedForwardNorm = nn.LayerNorm(width, epsilon)
        self.feedForward = nn.ModuleDict(
            {'in': nn.Linear(width, config['intermediate_size']), 'out': nn.Linear(config['intermediate_size'], width)}
        )

    def feed_forward(self, x):
        return self.feedForward['out'](self.activation(self.feedForward['in'](x)))

    def forward(self, x):
        if self.norm_first:
            x = x + self.attention(self.attentionNorm(x))
            return x + self.feed_forward(self.feedForwardNorm(x))
        x = self.attentionNorm(x + self.attention(x))
        return self.feedForwardNorm(x + self.feed_forward(x))


class OwnHistory(nn.Module):
    """A logistic model of each unit on its own past: lag bits, exponential traces, buckets of time since the last spike."""

    def __init__(self, units, spec):
        super().__init__()
        self.spec = spec
        features = spec['lags'] + len(spec['decays']) + len(spec['age_edges'])
        self.weight = nn.Parameter(torch.empty(features, units))

    def silence(self, spikes):
        """Where a recording begins: no spike yet."""
        recent = spikes.new_zeros(spikes.shape[0], self.spec['lags'], spikes.shape[2])
        state = spikes.new_zeros(spikes.shape[0], len(self.spec['decays']) + 1, spikes.shape[2])
        state[:, -1] = self.spec['age_limit']
        return recent, state

    def forward(self, spikes, recent, state):
        """What it adds to the logits (batch, bins, units), and `recent` and `state` after the last bin."""
        spec, dtype = self.spec, spikes.dtype
        column = lambda values: torch.tensor(values, dtype=dtype)[:, None]  # (traces, 1)
        decays, scales, log_scales = column(spec['decays']), column(spec['scales']), column(spec['log_scales'])
        edges = [0, *spec['age_edges']]
        lags, bins = spec['lags'], spikes.shape[1]
        whole = torch.cat([recent, spikes], 1)  # (batch, lags + bins, units)
        traces, age = state[:, :-1], state[:, -1]  # (batch, traces, units), (batch, units)
        added = []
        for t in range(bins):
            now = spikes[:, t]
            traces = decays * traces + now[:, None]
            age = torch.where(now == 1, torch.zeros_like(age), (age + 1).clamp(max=spec['age_limit']))
            features = torch.cat(
                [
                    whole[:, t + 1 : t + 1 + lags].flip(1),  # the newest bin first
                    scales * torch.where(log_scales == 0, traces, torch.log1p(log_scales * traces)),
                    torch.stack([(age >= low) & (age < high) for low, high in zip(edges, edges[1:])], 1).to(dtype)
                    if spec['age_edges']
                    else now.new_zeros(now.shape[0], 0, now.shape[1]),
                ],
                1,
            )  # (batch, features, units)
            added.append((features * self.weight).sum(1))
        return torch.stack(added, 1), whole[:, bins:], torch.cat([traces, age[:, None]], 1)


class SpikeTransformer(nn.Module):
    """Spikes (batch, bins, units) of 0 and 1 -> log-odds (batch, bins, units) of each unit's spike in the NEXT bin."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        units, width = config['num_units'], config['hidden_size']
        if config['token_embedding'] == 'bits':
            self.embedding = nn.Linear(units, width)
        if config['position_embedding_type'] == 'learned':
            self.positions = nn.Parameter(torch.empty(config['max_position_embeddings'], width))
        self.layers = nn.ModuleList(Layer(config) for _ in range(config['num_hidden_layers']))
        if config['norm_first']:
            self.finalNorm = nn.LayerNorm(width, config['layer_norm_eps'])
        self.output = nn.Linear(width, units)
        if config['own_history'] is not None:
            self.history = OwnHistory(units, config['own_history'])

    @classmethod
    def load(cls, folder):
        with open(os.path.join(folder, 'config.json')) as file:
            config = json.load(file)
        net = cls(config)
        state = {}
        for name, array in read_safetensors(os.path.join(folder, 'model.safetensors')).items():
            value = torch.from_numpy(array.copy())
            # Files hold matrices as (in, out); nn.Linear holds (out, in). PyTorch calls a norm's gain its weight.
            is_linear = name.endswith('.weight') and name != 'history.weight'
            state[name.replace('.gain', '.weight')] = value.T if is_linear else value
        net.load_state_dict(state)  # strict: a missing or unknown tensor is an error
        return net.eval()

    def forward(self, spikes, recent=None, state=None):
        """Logits, and with own history also (recent, state) after the last bin: what the next window starts from."""
        x = self.embedding(spikes) if hasattr(self, 'embedding') else spikes
        if hasattr(self, 'positions'):
            x = x + self.positions[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        if hasattr(self, 'finalNorm'):
            x = self.finalNorm(x)
        logits = self.output(x)
        if not hasattr(self, 'history'):
            return logits, None
        if recent is None or state is None:
            recent, state = self.history.silence(spikes)
        added, *after = self.history(spikes, recent, state)
        return logits + added, tuple(after)

    def probabilities(self, logits):
        p = torch.sigmoid(logits)
        return torch.sigmoid(p) if self.config['double_sigmoid'] else p


def unpack(packed, units):
    """(..., bytes) -> (..., units) of 0 and 1; bit b of byte k is unit 8 k + b."""
    return torch.from_numpy(np.unpackbits(packed, axis=-1, bitorder='little', count=units))


def main(words=None):
    parser = argparse.ArgumentParser(description='Logits of a spike transformer.')
    parser.add_argument('folder')
    parser.add_argument('spikes')
    parser.add_argument('logits')
    parser.add_argument('--double', action='store_true', help='compute in float64')
    arguments = parser.parse_args(words)
    dtype = torch.float64 if arguments.double else torch.float32

    net = SpikeTransformer.load(arguments.folder).to(dtype)
    units = net.config['num_units']
    held = np.load(arguments.spikes)
    inputs = {'spikes': held[None]} if isinstance(held, np.ndarray) else dict(held)
    past = ()
    if 'state' in inputs:
        past = (unpack(inputs['recent'], units).to(dtype), torch.from_numpy(inputs['state']).to(dtype))
    with torch.no_grad():
        logits, _ = net(unpack(inputs['spikes'], units).to(dtype), *past)
    np.save(arguments.logits, logits.numpy())


if __name__ == '__main__':
    main()
