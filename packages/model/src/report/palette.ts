// Colours of the charts, on light and on dark paper. Specifications hold the light ones, which any renderer takes; in the report each
// becomes a variable of the style sheet, so that a chart turns with the page. Lines differ by dash as well as by colour.

export interface Shade {
  readonly light: string;
  readonly dark: string;
}

export const PALETTE = {
  ink: { light: '#1f2933', dark: '#e4e7eb' },
  quiet: { light: '#7b8794', dark: '#8793a0' },
  grid: { light: '#dddfe2', dark: '#36414c' },
  bar: { light: '#cbd2d9', dark: '#4b5864' },
  blue: { light: '#0b6e99', dark: '#5bb8e0' },
  red: { light: '#a23b2a', dark: '#ee8d78' },
  green: { light: '#3f7d20', dark: '#8fce6a' },
  violet: { light: '#7048a8', dark: '#b699e8' },
  ochre: { light: '#9a6700', dark: '#dcae4d' },
  teal: { light: '#13807a', dark: '#57c9c1' },
  // A ramp from nothing to much: it rises away from the paper on both.
  ramp0: { light: '#f4f6f8', dark: '#1c2329' },
  ramp1: { light: '#d3e4ee', dark: '#1d3947' },
  ramp2: { light: '#a9cbe0', dark: '#1f5068' },
  ramp3: { light: '#77adcc', dark: '#2a6d8d' },
  ramp4: { light: '#458bb3', dark: '#4590b3' },
  ramp5: { light: '#1f6690', dark: '#7cb8d4' },
  ramp6: { light: '#0d4163', dark: '#c9e4f1' },
} as const satisfies Readonly<Record<string, Shade>>;

export type ColourName = keyof typeof PALETTE;

export const INK = PALETTE.ink.light;
export const QUIET = PALETTE.quiet.light;
export const ACCENT = PALETTE.blue.light;
export const RAMP: readonly string[] = [0, 1, 2, 3, 4, 5, 6].map(
  (step) => PALETTE[`ramp${step}` as ColourName].light,
);

/** Declarations of every colour as `--name`. */
export const declarations = (paper: keyof Shade): string =>
  Object.entries(PALETTE)
    .map(([name, shade]) => `--${name}:${shade[paper]}`)
    .join(';');

const NAMES = new Map<string, string>(Object.entries(PALETTE).map(([name, { light }]) => [light, name]));

/** SVG text whose known colours are variables. */
export const withVariables = (svg: string): string =>
  svg.replace(/"(#[0-9a-f]{6})"/g, (whole, colour: string) => {
    const name = NAMES.get(colour);
    return name === undefined ? whole : `"var(--${name})"`;
  });
