// The WGSL sources that every host's compiler (Tint in Dawn and Chromium, Naga in Deno) has to take: every variant of every kernel.
import { shaderVariants } from '@spikebridge/model';
import type { NamedShader } from './rows.ts';
import { VECTOR_ADD } from './vector-add.ts';

export const SHADERS: readonly NamedShader[] = [
  { name: 'vector-add', code: VECTOR_ADD },
  ...shaderVariants(),
];
