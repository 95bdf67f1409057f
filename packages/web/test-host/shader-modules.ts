// Does this host's compiler take every shader? Tint and Naga disagree at times, and only the compiler itself can tell.
import type { Context, NamedShader, Row, Suite } from './rows.ts';

export const shaderModules: Suite = {
  name: 'shader module',
  async *rows({ device, shaders }: Context) {
    for (const shader of shaders) yield await compile(device, shader);
  },
};

async function compile(device: GPUDevice, { name, code }: NamedShader): Promise<Row> {
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: name, code });
  const { messages } = await module.getCompilationInfo();
  const refused = await device.popErrorScope();
  const lines = messages.map(
    ({ type, lineNum, linePos, message }) => `${name}:${lineNum}:${linePos}: ${type}: ${message.trim()}`,
  );
  const pass = refused === null && messages.every(({ type }) => type !== 'error');
  if (refused !== null && lines.length === 0) lines.push(refused.message);
  return { suite: 'shader module', name, pass, worst: null, tolerance: null, message: lines.join('\n') };
}
