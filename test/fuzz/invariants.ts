/**
 * What must hold for every input, whatever its target is.
 *
 * 1. An input takes at most `MAX_INPUT_MS` of the processor. This is no measure of speed: inputs
 *    are small, and only a decoder whose time grows faster than its input comes near the limit.
 * 2. The memory of the process grows by at most `MAX_GROWTH_BYTES` within one input.
 * 3. No prototype that all objects share is changed.
 *
 * @module
 */
import type { Target } from './target.ts';

const MAX_INPUT_MS = 2000;
const MAX_GROWTH_BYTES = 400 * 2 ** 20;

const SHARED_PROTOTYPES = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  Map.prototype,
  Set.prototype,
  Uint8Array.prototype,
];

type Snapshot = readonly (readonly (readonly [PropertyKey, unknown])[])[];

const snapshotPrototypes = (): Snapshot =>
  SHARED_PROTOTYPES.map((prototype) =>
    Reflect.ownKeys(prototype).map((key): readonly [PropertyKey, unknown] => {
      const found = Object.getOwnPropertyDescriptor(prototype, key);
      return [key, found?.get ?? found?.value];
    }),
  );

const isSame = (a: Snapshot, b: Snapshot): boolean =>
  a.every((entries, index) => {
    const others = b[index] ?? [];
    return (
      entries.length === others.length &&
      entries.every(([key, value], at) => {
        const other = others[at];
        return other !== undefined && other[0] === key && Object.is(other[1], value);
      })
    );
  });

const initialPrototypes = snapshotPrototypes();

/** The rule that an input breaks, with the error if there is one; undefined if it breaks none. */
export async function violationOf<I>(target: Target<I>, input: I): Promise<string | undefined> {
  const cpu = process.cpuUsage();
  const peak = process.resourceUsage().maxRSS;
  let violation: string | undefined;
  try {
    await target.check(input);
  } catch (error) {
    violation = error instanceof Error ? (error.stack ?? error.message) : `threw ${String(error)}`;
  }
  const { user, system } = process.cpuUsage(cpu);
  const ms = Math.round((user + system) / 1000);
  const growth = (process.resourceUsage().maxRSS - peak) * 1024;
  if (!isSame(snapshotPrototypes(), initialPrototypes)) return 'it changed a shared prototype';
  if (violation !== undefined) return violation;
  if (ms > MAX_INPUT_MS) return `it took ${ms} ms of the processor`;
  return growth > MAX_GROWTH_BYTES
    ? `the memory of the process grew by ${Math.round(growth / 2 ** 20)} MiB`
    : undefined;
}
