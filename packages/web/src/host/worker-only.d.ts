// What workers have and pages have not. TypeScript's library of workers and that of pages exclude each other, and these files share one
// project, so the few names stand here.

declare class FileReaderSync {
  /** @throws NotReadableError, NotFoundError */
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

interface FileSystemSyncAccessHandle {
  getSize(): number;
  /** Bytes written. */
  write(bytes: ArrayBufferView<ArrayBuffer>, options?: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
