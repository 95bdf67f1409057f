// What the build knows and the page cannot find out.
declare const __COMMIT__: string | null;

/** The sources' commit, short; null where the build had no history. */
export const COMMIT: string | null = __COMMIT__;
