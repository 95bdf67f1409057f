// Hands bytes to the browser's downloads.
export function saveAs(name: string, content: Uint8Array | Blob | string, type: string): void {
  const part = content instanceof Uint8Array ? new Uint8Array(content) : content;
  const url = URL.createObjectURL(new Blob([part], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then; the bytes are let go of.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
