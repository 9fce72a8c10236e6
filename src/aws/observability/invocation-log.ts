/**
 * The name under which an attempt records its log in a function: the stream of its environment, and
 * the invocation in it.
 *
 * @module
 */

export interface InvocationLog {
  readonly group: string;
  readonly stream: string;
  /** The id of the request, which Lambda writes before and after the lines of the invocation. */
  readonly request: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The names of groups and streams have no such character. */
const SEPARATOR = '|';

export const nameInvocationLog = ({ group, stream, request, startedAt }: InvocationLog): string =>
  [group, stream, request, startedAt].join(SEPARATOR);

/** Undefined for the stream of a container. */
export function readInvocationLog(name: string): InvocationLog | undefined {
  const [group, stream, request, startedAt, ...rest] = name.split(SEPARATOR);
  if (
    group === undefined ||
    stream === undefined ||
    request === undefined ||
    startedAt === undefined ||
    rest.length > 0
  )
    return undefined;
  return { group, stream, request, startedAt: Number(startedAt) };
}
