// Runs the conformance cases on a backend against the float64 reference. Needs no test framework and no host: vitest,
// `doctor`, Deno and a page call the same function.
import { SpikebridgeError } from '../../errors.ts';
import type { Backend, ParameterSpec } from '../backend.ts';
import { PlanBuilder } from '../plan-builder.ts';
import { ReferenceBackend } from '../reference/backend.ts';
import { CONFORMANCE_CASES } from './cases.ts';
import { drawNormal } from './draw.ts';
import { problemOf } from './problems.ts';
import { toleranceOf, worstElement } from './tolerance.ts';
import type { AdamWCase, ConformanceCase, ConformanceRow, PlanCase } from './types.ts';

/** A pair of results under one name. */
interface Comparison {
  readonly tensor: string;
  readonly got: ArrayLike<number>;
  readonly wanted: Float64Array;
}

const RUN_KEY = { seed: 12345, step: 7 };

async function runPlanCase(
  one: PlanCase,
  backend: Backend,
  reference: ReferenceBackend,
): Promise<Comparison[]> {
  const problem = problemOf(one);
  const wanted = reference.compile(problem.plan, reference.parameters([]));
  const parameters = backend.parameters([]);
  const tested = backend.compile(problem.plan, parameters);
  for (const [tensor, values] of problem.inputs) {
    wanted.input(tensor).set(values);
    tested.input(tensor).set(values);
  }
  wanted.run('forward', RUN_KEY);
  tested.run('forward', RUN_KEY);
  try {
    return await Promise.all(
      problem.compared.map(async (tensor) => ({
        tensor: tensor.name,
        got: (await tested.output(tensor)).slice(),
        wanted: wanted.values(tensor),
      })),
    );
  } finally {
    tested.dispose();
    parameters.dispose();
  }
}

/** A plan that adds drawn gradients to parameters, so that the optimiser is reached through the public interface alone. */
async function runAdamWCase(
  one: AdamWCase,
  backend: Backend,
  reference: ReferenceBackend,
): Promise<Comparison[]> {
  const specs = one.sizes.map((size, i): ParameterSpec => {
    const learningRateScale = [1, 0.5, 0][i % 3];
    return { name: `tensor ${i}`, shape: [size], decay: i % 2 === 0, learningRateScale };
  });
  const wanted = reference.parameters(specs);
  const tested = backend.parameters(specs);
  specs.forEach(({ name, shape }, i) => {
    const values = drawNormal(one.seed, i, shape[0]);
    const m = drawNormal(one.seed, 100 + i, shape[0], 0.1);
    const v = drawNormal(one.seed, 200 + i, shape[0], 0.1).map((x) => x * x);
    for (const set of [wanted, tested]) {
      set.write(name, values);
      set.writeMoments(name, m, v);
    }
  });
  const { meanDecay } = one;
  if (meanDecay > 0) for (const set of [wanted, tested]) set.keepMean();
  const plan = gradientPlan(specs);
  const results: Comparison[] = [];
  const compiled = [reference.compile(plan.plan, wanted), backend.compile(plan.plan, tested)];
  for (let step = 1; step <= 3; step++) {
    const settings = { step, learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
    const norms: number[] = [];
    for (const [which, set] of [wanted, tested].entries()) {
      set.zeroGradients();
      plan.gradients.forEach((tensor, i) =>
        compiled[which].input(tensor).set(drawNormal(one.seed, 300 + 10 * step + i, specs[i].shape[0])),
      );
      compiled[which].run('train', RUN_KEY);
      const { weightDecay, clip } = one;
      norms.push(await set.optimiserStep({ ...settings, weightDecay, clip, meanDecay }));
    }
    results.push({ tensor: `norm of step ${step}`, got: [norms[1]], wanted: Float64Array.of(norms[0]) });
  }
  for (const { name } of specs) {
    const moments = await tested.readMoments(name);
    const wantedMoments = wanted.moments(name);
    results.push({ tensor: name, got: await tested.read(name), wanted: wanted.values(name) });
    results.push({ tensor: `m of ${name}`, got: moments.m, wanted: wantedMoments.m });
    results.push({ tensor: `v of ${name}`, got: moments.v, wanted: wantedMoments.v });
    if (meanDecay === 0) continue;
    results.push({ tensor: `mean of ${name}`, got: await tested.readMean(name), wanted: wanted.mean(name) });
  }
  if (meanDecay > 0) {
    // The mean in place of the weights, and back.
    for (const { name } of specs) {
      tested.swapMean();
      results.push({
        tensor: `${name} as its mean`,
        got: await tested.read(name),
        wanted: wanted.mean(name),
      });
      tested.swapMean();
      results.push({ tensor: `${name} again`, got: await tested.read(name), wanted: wanted.values(name) });
    }
  }
  compiled[1].dispose();
  tested.dispose();
  return results;
}

/** gradient += input, for every parameter. */
function gradientPlan(specs: readonly ParameterSpec[]) {
  const builder = new PlanBuilder(specs, { training: true });
  const gradients = specs.map(({ name, shape }) => builder.input(`d ${name}`, [1, shape[0]]));
  builder.onBackward(() =>
    specs.forEach(({ name }, i) =>
      builder.append({ op: 'columnSum', x: gradients[i], out: builder.parameterGradient(name) }),
    ),
  );
  return { plan: builder.build(), gradients };
}

/** A case in words. */
export function caseName(one: ConformanceCase): string {
  return Object.entries(one)
    .filter(([key, value]) => !['op', 'terms', 'seed', 'amplification'].includes(key) && value !== false)
    .map(([key, value]) =>
      value === true ? key : `${key} ${Array.isArray(value) ? value.join('/') : String(value)}`,
    )
    .join(', ');
}

/** One case on one backend. An error that the backend throws is a failed row, not a failed suite. */
export async function runCase(
  one: ConformanceCase,
  backend: Backend,
  reference: ReferenceBackend,
): Promise<ConformanceRow> {
  const tolerance = toleranceOf(one);
  const row = { op: one.op, name: caseName(one), tolerance };
  try {
    const results = await (one.op === 'adamw'
      ? runAdamWCase(one, backend, reference)
      : runPlanCase(one, backend, reference));
    let worst = 0;
    let at: ConformanceRow['at'] = null;
    for (const { tensor, got, wanted } of results) {
      const { error, index } = worstElement(got, wanted);
      if (error > worst) {
        worst = error;
        at = { tensor, index, got: got[index], wanted: wanted[index] };
      }
    }
    return { ...row, worst, pass: worst <= tolerance, at, error: null };
  } catch (error) {
    const message = error instanceof SpikebridgeError ? `${error.code}: ${error.message}` : String(error);
    return { ...row, worst: Infinity, pass: false, at: null, error: message };
  }
}

/** Every case (or those given) on a backend. The rows come one by one, so that a host can show progress and yield. */
export async function* conformanceRows(
  backend: Backend,
  cases: readonly ConformanceCase[] = CONFORMANCE_CASES,
): AsyncGenerator<ConformanceRow, void, undefined> {
  const reference = new ReferenceBackend();
  for (const one of cases) yield await runCase(one, backend, reference);
}

/** All rows at once. */
export async function runConformance(
  backend: Backend,
  cases: readonly ConformanceCase[] = CONFORMANCE_CASES,
): Promise<ConformanceRow[]> {
  const rows: ConformanceRow[] = [];
  for await (const row of conformanceRows(backend, cases)) rows.push(row);
  return rows;
}
