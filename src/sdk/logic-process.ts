/**
 * `process` in the logic for the code of the project: it refuses what the logic cannot answer. The
 * bundler makes the code use it (`environment-edits.ts`, `bundle-debug.ts`).
 *
 * @module
 */
import { NotInLogicError } from './not-in-logic-error.ts';

const PASS_IT = 'pass it as an argument of the pipeline, or read it in a component';

/** The members that are the same in each evaluation. */
const DETERMINISTIC = new Set<PropertyKey>(['nextTick', 'uptime', 'emitWarning']);

/** What the top level of a program may do, and what has no meaning for the logic. */
const IGNORED_AT_LOAD: ReadonlySet<PropertyKey> = new Set(['on', 'once', 'off', 'addListener']);

/**
 * @param lenient has the members that are the same in each evaluation
 * @param isLoading whether the top level of the files is evaluated: what it does to the process of
 *   the program has no effect in the logic
 */
export function projectProcess(
  lenient: Readonly<Record<string, unknown>>,
  isLoading: () => boolean,
): object {
  const env = refusing('process.env', () => undefined, isLoading);
  return refusing(
    'process',
    (name) => {
      if (name === 'env') return env;
      if (IGNORED_AT_LOAD.has(name) && isLoading()) return () => undefined;
      return DETERMINISTIC.has(name) || typeof name === 'symbol'
        ? Reflect.get(lenient, name)
        : undefined;
    },
    isLoading,
  );
}

/** An object whose every unknown property refuses to be read. */
function refusing(
  owner: string,
  known: (name: PropertyKey) => unknown,
  isLoading: () => boolean,
): object {
  const refuse = (name: PropertyKey): never => {
    throw new NotInLogicError(name === 'toJSON' ? owner : `${owner}.${String(name)}`, PASS_IT);
  };
  return new Proxy(
    {},
    {
      get: (_, name) => known(name) ?? (typeof name === 'symbol' ? undefined : refuse(name)),
      has: (_, name) => refuse(name),
      ownKeys: () => {
        throw new NotInLogicError(owner, PASS_IT);
      },
      set: (_, name) => isLoading() || refuse(name),
      deleteProperty: (_, name) => isLoading() || refuse(name),
    },
  );
}
