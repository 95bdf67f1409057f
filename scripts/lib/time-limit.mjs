// A time limit for a child process and all that it started. Apart, because a group of its own no longer hears Ctrl-C.

/**
 * Ends a child's process group (the child was started `detached`) at its limit, and when this process ends or is told to.
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} limitSeconds
 * @returns {{ stop(): boolean }} `stop` when the child has ended; it tells whether that was the limit's doing
 */
export function watchOver(child, limitSeconds) {
  let ranOut = false;
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // The group is gone already.
    }
  };
  const onExit = () => signal('SIGTERM');
  const onSignal = (name) => {
    signal('SIGTERM');
    process.exit(name === 'SIGINT' ? 130 : 143);
  };
  const timers = [
    setTimeout(() => {
      ranOut = true;
      signal('SIGTERM');
      timers.push(setTimeout(() => signal('SIGKILL'), 10_000));
    }, limitSeconds * 1000),
  ];
  process.once('exit', onExit).once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return {
    stop() {
      timers.forEach((timer) => clearTimeout(timer));
      process.off('exit', onExit).off('SIGINT', onSignal).off('SIGTERM', onSignal);
      return ranOut;
    },
  };
}
