/**
 * The large arguments of a child run, which are objects of the run itself: neither a removal of its
 * parent nor one of the run that it repeats can remove them, and they are as young as the run.
 *
 * A rerun names objects of its own from the start. The controller copies them before anything else
 * reads them: callers create runs, and write no objects.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';
import type { RunId } from '../../model/ids.ts';
import { specValueKey } from '../../model/object-layout.ts';
import type { NewRun, Run, RunInfo } from '../../model/run.ts';
import { isStored, type StoredValue } from '../../model/value.ts';
import { ObjectMissingError, type Objects } from '../../ports/objects.ts';
import type { Tasks } from '../../ports/tasks.ts';

/** A rerun was requested, and the run with its arguments was removed before it started. */
export class ArgumentsMissingError extends HeadraceError {
  constructor(readonly source: RunId) {
    super(
      `the large arguments of run ${source}, which this run repeats, do not exist any more: start the pipeline that called it again`,
    );
  }

  override get name(): string {
    return 'ArgumentsMissingError';
  }
}

/** The info of a rerun with the id `id`: its large arguments are to be objects of its own. */
export const withOwnArguments = <T extends Omit<NewRun, 'id'>>(info: T, id: RunId): T =>
  info.encodedArgs === undefined
    ? info
    : {
        ...info,
        encodedArgs: Object.fromEntries(
          Object.entries(info.encodedArgs).map(([name, value]) => [
            name,
            isStored(value) ? { ...value, key: specValueKey({ ...info, id }, value.hash) } : value,
          ]),
        ),
      };

/**
 * Copies the large arguments of a rerun from the run that it repeats, unless they are copied. Repeating
 * it is harmless.
 *
 * @throws ArgumentsMissingError
 */
export async function copyArguments(
  { objects, tasks }: { readonly objects: Objects; readonly tasks: Pick<Tasks, 'run'> },
  info: Pick<NewRun, 'rerunOf' | 'encodedArgs'>,
): Promise<void> {
  if (info.rerunOf === null) return;
  const own = storedArguments(info);
  if (own.length === 0) return;
  let source: Run | undefined;
  for (const [name, value] of own) {
    if (await objects.exists(value.key)) continue;
    source ??= await tasks.run(info.rerunOf);
    const original = source?.info.encodedArgs?.[name];
    if (original === undefined || !isStored(original) || original.hash !== value.hash)
      throw new ArgumentsMissingError(info.rerunOf);
    const content = await objects.get(original.key, original.size).catch((error: unknown) => {
      if (!(error instanceof ObjectMissingError) || info.rerunOf === null) throw error;
      throw new ArgumentsMissingError(info.rerunOf);
    });
    await objects.putIfAbsent(value.key, content);
  }
}

const storedArguments = ({
  encodedArgs = {},
}: Pick<RunInfo, 'encodedArgs'>): readonly (readonly [string, StoredValue])[] =>
  Object.entries(encodedArgs).flatMap(([name, value]) =>
    isStored(value) ? [[name, value] as const] : [],
  );
