// The layers of ARCHITECTURE.md as rules: arrows point down only, and nothing goes in a circle.
const layer = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.ts$' },
  to: { path: to },
});
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    layer('core-wasm-imports-nothing', '^packages/core-wasm/', '^(packages/(?!core-wasm)|bench/)'),
    layer('kernels-wgsl-imports-nothing', '^packages/kernels-wgsl/', '^(packages/(?!kernels-wgsl)|bench/)'),
    layer('model-imports-kernels-only', '^packages/model/', '^(packages/(cli|web)|bench/)'),
    layer('cli-imports-model-only', '^packages/cli/', '^(packages/(core-wasm|kernels-wgsl|web)|bench/)'),
    layer('web-imports-model-only', '^packages/web/', '^(packages/(core-wasm|kernels-wgsl|cli)|bench/)'),
    {
      name: 'no-host-modules-below-the-cli',
      comment: 'core-wasm, kernels-wgsl and model load unchanged in Node, Deno and a browser worker',
      severity: 'error',
      from: { path: '^packages/(core-wasm|kernels-wgsl|model)/src', pathNot: '\\.test\\.ts$|/testing/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      // `@webgpu/types` is declarations alone: there is nothing to resolve at run time.
      to: { couldNotResolve: true, pathNot: '^(node:|deno$|@webgpu/types$)' },
    },
  ],
  options: {
    exclude: { path: '(^|/)(dist|build|node_modules)/' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@spikebridge/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
};
