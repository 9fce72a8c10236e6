/**
 * The options of Node.js for the process of a step.
 *
 * @module
 */
/** Of the container's memory: buffers are not on the heap, and the supervisor takes its part. */
const HEAP_OPTION = '--max-old-space-size-percentage';
const HEAP_SHARE_PERCENT = 70;

/** Limits the heap, if this version of Node.js can limit it by a share. */
export const heapArguments = (): readonly string[] =>
  process.allowedNodeEnvironmentFlags.has(HEAP_OPTION)
    ? [`${HEAP_OPTION}=${HEAP_SHARE_PERCENT}`]
    : [];
