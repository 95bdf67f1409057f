// One tree of a forest, grown on features that are already cut into at most 256 bins (one byte a value). Apart because it
// is the hot loop: typed arrays, no objects, nothing that depends on which thread grows which tree.
import { CounterRandom } from '../../engine/random.ts';

/** What every tree of a forest is grown from; plain data, so that it can be sent to another thread. */
export interface GrowthData {
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
  /** (features, rows): bin of each value, feature after feature. */
  readonly codes: Uint8Array;
  /** (rows): class of each row. */
  readonly labels: Int32Array;
  /** (classes): weight of one row of each class. */
  readonly classWeights: Float64Array;
  readonly seed: number;
  /** Features looked at for a split. */
  readonly tries: number;
  /** Fewest rows in a leaf. */
  readonly leafRows: number;
  /** Whether each tree sees rows drawn with replacement (else all of them, once). */
  readonly bootstrap: boolean;
  /** `best`: every boundary is weighed. `random`: one drawn boundary a feature (extremely randomised trees). */
  readonly splits: 'best' | 'random';
}

/** Trees one after the other. A node whose `feature` is -1 is a leaf and `left` is then its row in `leaves`. */
export interface TreeBlock {
  /** First node of each tree, and the end of the last. */
  readonly starts: Int32Array;
  readonly feature: Int16Array;
  /** Codes up to and with this one go left. */
  readonly cut: Uint8Array;
  /** Left child, counted from the tree's first node; the right one follows it. */
  readonly left: Int32Array;
  /** (leaves, classes): share of each class by weight. */
  readonly leaves: Float64Array;
}

/** Streams of the counter generator: one for the rows, one for features and boundaries. A tree is a step. */
const ROWS = 0x7472;
const SPLITS = 0x7473;

/** Below this many rows a node's codes are sorted; above, counted into bins. Measured on 3,611 x 41. */
const SORTED_ROWS = 40;

/** How often each row is drawn for tree `tree`: `counts` (rows) is overwritten. */
export function drawRows(data: GrowthData, tree: number, counts: Uint16Array): void {
  if (!data.bootstrap) {
    counts.fill(1);
    return;
  }
  counts.fill(0);
  const random = new CounterRandom(data.seed, ROWS);
  for (let i = 0; i < data.rows; i++) {
    counts[Math.floor((random.word(tree, i) / 4294967296) * data.rows)]++;
  }
}

/** Grows trees `from` ... `to` - 1. A tree is a function of the data, the seed and its number alone. */
export function growTrees(data: GrowthData, from: number, to: number): TreeBlock {
  const grower = new TreeGrower(data);
  const starts = [0];
  for (let tree = from; tree < to; tree++) {
    grower.grow(tree);
    starts.push(grower.feature.length);
  }
  return {
    starts: Int32Array.from(starts),
    feature: Int16Array.from(grower.feature),
    cut: Uint8Array.from(grower.cut),
    left: Int32Array.from(grower.left),
    leaves: Float64Array.from(grower.leaves),
  };
}

class TreeGrower {
  readonly feature: number[] = [];
  readonly cut: number[] = [];
  readonly left: number[] = [];
  readonly leaves: number[] = [];

  private readonly data: GrowthData;
  private readonly random: CounterRandom;
  private readonly counts: Uint16Array;
  private readonly order: Int32Array;
  private readonly spill: Int32Array;
  private readonly pool: Int32Array;
  private readonly histogram: Int32Array;
  private readonly keys: Int32Array;
  private readonly total: Float64Array;
  private readonly below: Float64Array;
  private draw = 0;
  private tree = 0;
  private bestScore = 0;
  private bestFeature = -1;
  private bestCut = 0;

  constructor(data: GrowthData) {
    this.data = data;
    this.random = new CounterRandom(data.seed, SPLITS);
    this.counts = new Uint16Array(data.rows);
    this.order = new Int32Array(data.rows);
    this.spill = new Int32Array(data.rows);
    this.pool = Int32Array.from({ length: data.features }, (_, f) => f);
    this.histogram = new Int32Array(256 * (data.classes + 1));
    this.keys = new Int32Array(SORTED_ROWS);
    this.total = new Float64Array(data.classes);
    this.below = new Float64Array(data.classes);
  }

  grow(tree: number): void {
    const { data, counts, order } = this;
    drawRows(data, tree, counts);
    this.tree = tree;
    this.draw = 0;
    for (let f = 0; f < data.features; f++) this.pool[f] = f;
    let drawn = 0;
    for (let i = 0; i < data.rows; i++) if (counts[i] > 0) order[drawn++] = i;
    const base = this.feature.length;
    this.reserve();
    const pending = [0, 0, drawn];
    while (pending.length > 0) {
      const end = pending.pop() ?? 0;
      const begin = pending.pop() ?? 0;
      const node = base + (pending.pop() ?? 0);
      const pure = this.weigh(begin, end);
      if (pure || end - begin < 2 * data.leafRows || end - begin < 2 || !this.split(begin, end)) {
        this.close(node);
        continue;
      }
      const middle = this.part(begin, end);
      const child = this.feature.length - base;
      this.feature[node] = this.bestFeature;
      this.cut[node] = this.bestCut;
      this.left[node] = child;
      this.reserve();
      this.reserve();
      pending.push(child + 1, middle, end, child, begin, middle);
    }
  }

  private reserve(): void {
    this.feature.push(-1);
    this.cut.push(0);
    this.left.push(0);
  }

  private close(node: number): void {
    const { classes } = this.data;
    this.left[node] = this.leaves.length / classes;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += this.total[c];
    for (let c = 0; c < classes; c++) this.leaves.push(this.total[c] / sum);
  }

  /** Class weights of a node into `total`; true where one class has it all. */
  private weigh(begin: number, end: number): boolean {
    const { labels, classWeights, classes } = this.data;
    const { order, counts, total } = this;
    total.fill(0);
    for (let i = begin; i < end; i++) total[labels[order[i]]] += counts[order[i]];
    let present = 0;
    for (let c = 0; c < classes; c++) {
      if (total[c] > 0) present++;
      total[c] *= classWeights[c];
    }
    return present <= 1;
  }

  private below1(bound: number): number {
    return Math.floor((this.random.word(this.tree, this.draw++) / 4294967296) * bound);
  }

  /**
   * Looks for the boundary with the largest sum over both sides of (sum of squared class weights) / weight, which is the
   * smallest Gini impurity. Features that are constant here do not count as tries as long as none has been weighed.
   */
  private split(begin: number, end: number): boolean {
    const { features, tries } = this.data;
    this.bestFeature = -1;
    this.bestScore = -1;
    let weighed = 0;
    for (let seen = 0; seen < features && (seen < tries || weighed === 0); seen++) {
      const at = seen + this.below1(features - seen);
      const f = this.pool[at];
      this.pool[at] = this.pool[seen];
      this.pool[seen] = f;
      const varies =
        this.data.splits === 'random'
          ? this.oneBoundary(f, begin, end)
          : end - begin <= SORTED_ROWS
            ? this.sortedBoundaries(f, begin, end)
            : this.countedBoundaries(f, begin, end);
      if (varies) weighed++;
    }
    return this.bestFeature >= 0;
  }

  /** Weighs a boundary whose lower side is in `below`; `rows` of `all` lie below it. */
  private consider(f: number, cut: number, rows: number, all: number): void {
    if (rows < this.data.leafRows || all - rows < this.data.leafRows) return;
    const { below, total } = this;
    let left = 0;
    let right = 0;
    let leftSquares = 0;
    let rightSquares = 0;
    for (let c = 0; c < total.length; c++) {
      const l = below[c];
      const r = total[c] - l;
      left += l;
      right += r;
      leftSquares += l * l;
      rightSquares += r * r;
    }
    const score = leftSquares / left + rightSquares / right;
    if (score > this.bestScore) {
      this.bestScore = score;
      this.bestFeature = f;
      this.bestCut = cut;
    }
  }

  private sortedBoundaries(f: number, begin: number, end: number): boolean {
    const { codes, rows, labels, classWeights } = this.data;
    const { order, counts, keys, below } = this;
    const base = f * rows;
    const n = end - begin;
    // Insertion sort of (code, place in the node): short and mostly in cache.
    for (let i = 0; i < n; i++) {
      const key = (codes[base + order[begin + i]] << 8) | i;
      let j = i - 1;
      while (j >= 0 && keys[j] > key) {
        keys[j + 1] = keys[j];
        j--;
      }
      keys[j + 1] = key;
    }
    if (keys[0] >> 8 === keys[n - 1] >> 8) return false;
    below.fill(0);
    for (let i = 0; i + 1 < n; i++) {
      const row = order[begin + (keys[i] & 255)];
      const label = labels[row];
      below[label] += classWeights[label] * counts[row];
      const code = keys[i] >> 8;
      const next = keys[i + 1] >> 8;
      if (next !== code) this.consider(f, (code + next - 1) >> 1, i + 1, n);
    }
    return true;
  }

  private countedBoundaries(f: number, begin: number, end: number): boolean {
    const { codes, rows, labels, classes, classWeights } = this.data;
    const { order, counts, histogram, below } = this;
    const base = f * rows;
    const stride = classes + 1;
    let low = 255;
    let high = 0;
    for (let i = begin; i < end; i++) {
      const row = order[i];
      const code = codes[base + row];
      if (code < low) low = code;
      if (code > high) high = code;
      histogram[code * stride + labels[row]] += counts[row];
      histogram[code * stride + classes]++;
    }
    below.fill(0);
    let passed = 0;
    let last = -1;
    for (let code = low; code <= high; code++) {
      const at = code * stride;
      const here = histogram[at + classes];
      if (here === 0) continue;
      if (last >= 0) this.consider(f, (last + code - 1) >> 1, passed, end - begin);
      for (let c = 0; c < classes; c++) {
        if (histogram[at + c] > 0) below[c] += classWeights[c] * histogram[at + c];
      }
      passed += here;
      last = code;
    }
    histogram.fill(0, low * stride, (high + 1) * stride);
    return low !== high;
  }

  private oneBoundary(f: number, begin: number, end: number): boolean {
    const { codes, rows, labels, classWeights } = this.data;
    const { order, counts, below } = this;
    const base = f * rows;
    let low = 255;
    let high = 0;
    for (let i = begin; i < end; i++) {
      const code = codes[base + order[i]];
      if (code < low) low = code;
      if (code > high) high = code;
    }
    if (low === high) return false;
    const cut = low + this.below1(high - low);
    below.fill(0);
    let passed = 0;
    for (let i = begin; i < end; i++) {
      const row = order[i];
      if (codes[base + row] > cut) continue;
      const label = labels[row];
      below[label] += classWeights[label] * counts[row];
      passed++;
    }
    this.consider(f, cut, passed, end - begin);
    return true;
  }

  /** Puts the rows that go left first, each side in its order; returns where the right side begins. */
  private part(begin: number, end: number): number {
    const { codes, rows } = this.data;
    const { order, spill } = this;
    const base = this.bestFeature * rows;
    let left = begin;
    let right = 0;
    for (let i = begin; i < end; i++) {
      const row = order[i];
      if (codes[base + row] <= this.bestCut) order[left++] = row;
      else spill[right++] = row;
    }
    order.set(spill.subarray(0, right), left);
    return left;
  }
}
