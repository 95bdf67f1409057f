// Figures in words.
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (Math.abs(seconds) < 60) return `${Number(seconds.toFixed(seconds % 1 === 0 ? 0 : 3))} s`;
  // Rounded first: 59.96 s of a minute are a minute more.
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  const rest = (tenths - minutes * 600) / 10;
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
  const left = minutes % 60;
  return left === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${left} min`;
}

export const formatCount = (count: number): string => count.toLocaleString('en');

export const formatHertz = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 0.1 || value === 0 ? value.toPrecision(3) : value.toFixed(3);

export const formatBytes = (bytes: number): string =>
  bytes < 1e6
    ? `${(bytes / 1e3).toFixed(0)} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${(bytes / 1e9).toFixed(2)} GB`;

interface Estimated {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** `0.251 [0.240, 0.263]`; a minus sign that is one. */
export function estimateText(estimate: Estimated | undefined, digits: number): string {
  const figure = (value: number): string => value.toFixed(digits).replace('-', '−');
  if (estimate === undefined || estimate.value === null) return '-';
  const { value, low, high } = estimate;
  return low === null || high === null ? figure(value) : `${figure(value)} [${figure(low)}, ${figure(high)}]`;
}
