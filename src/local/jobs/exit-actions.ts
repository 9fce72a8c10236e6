/**
 * Actions for the case that this process exits. Any number of engines share one listener of the
 * process, because Node.js warns of more than ten.
 *
 * @module
 */
const actions = new Set<() => void>();

const runAll = (): void => {
  for (const action of actions) action();
};

/** Returns a function that removes the action. */
export function onProcessExit(action: () => void): () => void {
  if (actions.size === 0) process.on('exit', runAll);
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) process.off('exit', runAll);
  };
}
