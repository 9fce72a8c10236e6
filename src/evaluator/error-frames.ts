/**
 * Where an error of a context was made. The engine records it for the debugger of this process, so
 * that errors need no stacks, which a function of the host would format
 * (`context-prelude.ts`).
 *
 * 1. No code of the host runs on behalf of the context: the session is native code. It reads the
 *    property `stack` of the error, which may run code of the context. Therefore all of this runs
 *    under a guard.
 * 2. The context names an error by a number, in the place of its stack. It may name any number, or
 *    return anything for it: then the error has no frames.
 *
 * @module
 */
import { Session } from 'node:inspector';
import { types } from 'node:util';
import { z } from 'zod';
import type { ErrorRecord } from '../model/errors.ts';
import type { SignedCommand } from '../model/history.ts';
import { LOGIC_FILE_NAME } from '../model/source-maps.ts';
import { TRACED_STACK } from '../sdk/replay/driver-interface.ts';

const MAX_CAUSES = 10;
/** As many as stacks have by default. Each error of the process pays for them. */
const MAX_FRAMES = 10;
/** The property of this realm's global through which the session receives an error. */
const SLOT = Symbol.for('headrace.tracedError');
const EXPRESSION = `globalThis[Symbol.for('${SLOT.description}')]`;

/** The answer to `Runtime.getExceptionDetails`. Lines and columns count from 0. */
const detailsSchema = z.object({
  exceptionDetails: z.object({
    stackTrace: z.object({
      callFrames: z.array(
        z.object({
          functionName: z.string(),
          url: z.string(),
          lineNumber: z.number(),
          columnNumber: z.number(),
        }),
      ),
    }),
  }),
});
type Frame = z.infer<typeof detailsSchema>['exceptionDetails']['stackTrace']['callFrames'][number];

let opened: Session | undefined;

/** From now on, errors of this process are recorded with their frames. */
export function recordErrorFrames(): void {
  if (opened !== undefined) return;
  opened = new Session();
  opened.connect();
  opened.post('Runtime.enable');
  opened.post('Runtime.setMaxCallStackSizeToCapture', { size: MAX_FRAMES });
}

/** Whether the command has the record of an error. */
export const hasError = ({ command }: SignedCommand): boolean =>
  command.kind === 'threw' || (command.kind === 'outcome' && command.outcome.error !== undefined);

/**
 * The commands of a page, with stacks for the errors that name one.
 *
 * @param errorOf returns the error of a number
 */
export const withErrorFrames = (
  commands: readonly SignedCommand[],
  errorOf: (number: number) => unknown,
): readonly SignedCommand[] =>
  commands.map((signed) => {
    const { command } = signed;
    if (command.kind === 'threw')
      return { ...signed, command: { ...command, error: withFrames(command.error, errorOf) } };
    if (command.kind !== 'outcome' || command.outcome.error === undefined) return signed;
    const error = withFrames(command.outcome.error, errorOf);
    return { ...signed, command: { ...command, outcome: { ...command.outcome, error } } };
  });

function withFrames(
  record: ErrorRecord,
  errorOf: (number: number) => unknown,
  depth = 0,
): ErrorRecord {
  const { stack, ...rest } = record;
  const inner = (error: ErrorRecord): ErrorRecord =>
    depth < MAX_CAUSES ? withFrames(error, errorOf, depth + 1) : error;
  const traced = {
    ...rest,
    ...(rest.cause === undefined ? {} : { cause: inner(rest.cause) }),
    ...(rest.errors === undefined ? {} : { errors: rest.errors.map(inner) }),
  };
  if (stack === undefined) return traced;
  const number = TRACED_STACK.exec(stack)?.[1];
  if (number === undefined) return { ...traced, stack };
  const frames = framesOf(errorOf(Number(number)));
  return frames.length === 0
    ? traced
    : { ...traced, stack: [`${record.name}: ${record.message}`, ...frames].join('\n') };
}

/** The frames of the logic, as lines of a stack. Runs under a guard (1). */
function framesOf(error: unknown): readonly string[] {
  if (opened === undefined || !types.isNativeError(error)) return [];
  let frames: readonly Frame[] = [];
  const session = opened;
  Reflect.set(globalThis, SLOT, error);
  try {
    // The session answers before `post` returns.
    session.post('Runtime.evaluate', { expression: EXPRESSION, silent: true }, (_, found) => {
      const objectId = found?.result?.objectId;
      if (objectId === undefined) return;
      session.post('Runtime.getExceptionDetails', { errorObjectId: objectId }, (_, details) => {
        const read = detailsSchema.safeParse(details);
        if (read.success) frames = read.data.exceptionDetails.stackTrace.callFrames;
      });
      session.post('Runtime.releaseObject', { objectId });
    });
  } finally {
    Reflect.deleteProperty(globalThis, SLOT);
    // It also keeps what the process prints.
    session.post('Runtime.discardConsoleEntries');
  }
  return frames.filter(({ url }) => url === LOGIC_FILE_NAME).map(frameLine);
}

function frameLine({ functionName, lineNumber, columnNumber }: Frame): string {
  const place = `${LOGIC_FILE_NAME}:${lineNumber + 1}:${columnNumber + 1}`;
  return functionName === '' ? `    at ${place}` : `    at ${functionName} (${place})`;
}
