// The package ships no types.
declare module 'wgsl-preprocessor/wgsl-preprocessor.js' {
  /** Template tag that resolves `#if ${condition}` ... `#endif`. */
  export function wgsl(strings: TemplateStringsArray, ...values: readonly (boolean | number)[]): string;
}
