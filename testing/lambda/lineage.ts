/**
 * Detects loops as Lambda does: the trace header counts the invocations of each function in a
 * chain, and services pass it on.
 *
 * `Root=1-…;Parent=…;Sampled=0;Lineage=<function>:<count>|…`
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { type FunctionSpec, RefusedError } from './invocation.ts';

/** More invocations of one function in a chain are a loop. */
export const MAX_CHAIN_INVOCATIONS = 16;

const shortName = (name: string): string =>
  createHash('sha256').update(name).digest('hex').slice(0, 8);

function lineageOf(trace: string | undefined): Map<string, number> {
  const [, text = ''] = /Lineage=([^;]*)/u.exec(trace ?? '') ?? [];
  const pairs = text.split('|').map((part) => part.split(':'));
  return new Map(
    pairs.flatMap(([name, count]) =>
      name === undefined || count === undefined ? [] : [[name, Number(count)]],
    ),
  );
}

/** How often a function was invoked in the chain before. */
export const hopsOf = (functionName: string, trace: string | undefined): number =>
  lineageOf(trace).get(shortName(functionName)) ?? 0;

/**
 * The header of an invocation that follows from `trace`.
 *
 * @throws RefusedError above the limit, if the function does not allow loops
 */
export function traceOfInvocation(
  { name, recursiveLoop = 'Terminate' }: Pick<FunctionSpec, 'name' | 'recursiveLoop'>,
  trace: string | undefined,
): string {
  const lineage = lineageOf(trace);
  const count = hopsOf(name, trace) + 1;
  if (count > MAX_CHAIN_INVOCATIONS && recursiveLoop !== 'Allow') {
    throw new RefusedError(
      'RecursiveInvocationException',
      400,
      `The invocation of ${name} was stopped: it is part of a recursive loop.`,
    );
  }
  lineage.set(shortName(name), count);
  const [root = `Root=1-${randomBytes(4).toString('hex')}-${randomBytes(12).toString('hex')}`] =
    /Root=[^;]*/u.exec(trace ?? '') ?? [];
  const counted = [...lineage].map(([each, hops]) => `${each}:${hops}`).join('|');
  return `${root};Parent=${randomBytes(8).toString('hex')};Sampled=0;Lineage=${counted}`;
}
