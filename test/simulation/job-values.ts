/**
 * The values of a simulated step.
 *
 * @module
 */
import { MAX_INLINE_LENGTH } from '../../src/model/limits.ts';
import type { StepSpec } from '../../src/model/spec.ts';
import { isStored, type Value } from '../../src/model/value.ts';
import type { Objects } from '../../src/ports/objects.ts';

/**
 * The values of the step, from its arguments and its parents' values.
 *
 * @param act returns the values for the decoded arguments
 */
export async function computeValues(
  objects: Objects,
  spec: StepSpec,
  job: string,
  act: (args: readonly unknown[]) => readonly unknown[],
): Promise<Value[]> {
  const args: unknown = await decode(objects, spec.args);
  if (!Array.isArray(args)) throw new TypeError(`the arguments of ${spec.step} are not a list`);
  for (const { path, value } of spec.refs)
    setAtPath(args, path, value === null ? undefined : await decode(objects, value));
  return Promise.all(
    act(args).map((value, n) => encode(objects, value, `${spec.outputPrefix}/${job}/${n}`)),
  );
}

async function decode(objects: Objects, value: Value): Promise<unknown> {
  return JSON.parse(
    isStored(value) ? Buffer.from(await objects.get(value.key, 1e8)).toString() : value.text,
  );
}

async function encode(objects: Objects, value: unknown, key: string): Promise<Value> {
  const text = JSON.stringify(value);
  if (text.length <= MAX_INLINE_LENGTH) return { format: 'json', text };
  return { format: 'json', key, ...(await objects.put(key, Buffer.from(text))) };
}

function setAtPath(args: unknown[], path: readonly (string | number)[], value: unknown): void {
  let parent: unknown = args;
  for (const key of path.slice(0, -1)) {
    if (typeof parent !== 'object' || parent === null)
      throw new TypeError(`${JSON.stringify(args)} has no position ${path.join('.')}`);
    parent = Reflect.get(parent, key);
  }
  const last = path.at(-1);
  if (typeof parent !== 'object' || parent === null || last === undefined)
    throw new TypeError(`${JSON.stringify(args)} has no position ${path.join('.')}`);
  Reflect.set(parent, last, value);
}
