/** A part of an address as it was meant; as it stands where a percent sign stands for itself. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
