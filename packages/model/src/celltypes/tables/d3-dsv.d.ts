// The package ships no types.
declare module 'd3-dsv' {
  export function dsvFormat(delimiter: string): {
    parseRows(text: string): string[][];
    formatRows(rows: readonly (readonly string[])[]): string;
  };
}
