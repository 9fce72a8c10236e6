/**
 * The arguments of runs. Those of a child run may be objects, which only its evaluator reads.
 *
 * @module
 */
import type { RunInfo } from '../../src/model/run.ts';
import { isStored } from '../../src/model/value.ts';
import type { MemoryObjects } from '../conformance/memory-objects.ts';

/** Returns all arguments of a run. */
export function allArguments(
  { args, encodedArgs }: Pick<RunInfo, 'args' | 'encodedArgs'>,
  objects: MemoryObjects,
): RunInfo['args'] {
  if (encodedArgs === undefined) return args;
  const encoded = Object.entries(encodedArgs).map(([name, value]) => [
    name,
    JSON.parse(isStored(value) ? Buffer.from(objects.content(value.key)).toString() : value.text),
  ]);
  return { ...args, ...Object.fromEntries(encoded) };
}
