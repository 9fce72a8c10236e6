/**
 * The command to use after a run that did not complete.
 *
 * 1. A fault of the infrastructure, an abort on request and an interruption leave code that works:
 *    the run is resumed.
 * 2. An error of a step's code is mended first: a new run with the mended file keeps what completed.
 * 3. A missing input file is provided, and uploaded with the file of the pipeline.
 * 4. Where neither helps (an error of the logic, a time limit of it, an abort by a callback), no
 *    command is named.
 *
 * @module
 */
import { relative } from 'node:path';
import { sourceFileOf } from '../model/code.ts';
import { stepBehind } from '../model/errors.ts';
import { INPUT_FILE_COMPONENT } from '../model/input-file.ts';
import { isTerminalRun } from '../model/run.ts';
import type { Liveness } from '../ports/liveness.ts';
import { type HintTarget, hint } from './hints.ts';
import type { RunListItem, RunViewModel, StepViewModel } from './view-models.ts';

/** @param failedSteps some failed steps of the run */
export async function nextActionLines(
  run: RunViewModel,
  failedSteps: readonly StepViewModel[],
  owners: Liveness | undefined,
  target: HintTarget = [],
): Promise<string[]> {
  const { info, head } = run;
  if (!isTerminalRun(head.status))
    return owners !== undefined && (await isAbandoned(run, owners))
      ? [abandonedLine(run, target)]
      : [];
  if (head.status === 'completed') return [];
  const resume = `continue it with: ${hint(target, 'runs', 'resume', info.id)}`;
  if (head.status === 'aborted') return head.abortedBy === 'logic' ? [] : [resume];
  if (INFRASTRUCTURE_ERRORS.has(head.error?.name ?? '')) return [resume];
  const blamed = failedSteps.filter((step) => isCauseOf(step, run));
  const [first] = blamed;
  if (first === undefined) return [];
  if (blamed.every(failedByInfrastructure)) return [resume];
  const file = fileOf(run);
  const isMissingFile = blamed.every(({ component }) => component === INPUT_FILE_COMPONENT.name);
  return [
    `${isMissingFile ? 'when the file is there, or after mending the code' : 'after mending the code'}: ${hint(target, 'runs', 'resume', info.id, '--file', file)}`,
    `  or, from there on anew: ${hint(target, 'runs', 'rerun', info.id, '--from', first.component, '--file', file)}`,
  ];
}

/** Errors of a run that Headrace or its surroundings caused. */
const INFRASTRUCTURE_ERRORS: ReadonlySet<string> = new Set([
  'EngineClosedError',
  'EvaluatorLostError',
  'EvaluatorThreadError',
  'LogicReplayError',
  'MessageNotRecordedError',
  'StoreFullError',
]);

/** Whether the failure of the step is the reason why the run failed, or part of it. */
function isCauseOf({ name }: StepViewModel, { head }: RunViewModel): boolean {
  let error = head.error ?? undefined;
  if (error?.name === 'StepFailedError' && error.step === undefined) return true;
  for (let depth = 0; error !== undefined && depth < 10; depth += 1) {
    const step = stepBehind(error);
    if (step !== undefined) return step === name || depth === 0;
    error = error.cause;
  }
  return false;
}

const failedByInfrastructure = ({ attempts }: StepViewModel): boolean =>
  attempts.at(-1)?.infrastructure === true;

/** The pipeline's file, as the current folder names it. */
function fileOf({ info: { code } }: RunViewModel): string {
  const file = sourceFileOf(code);
  return code.projectRoot === '' ? file : relative(process.cwd(), `${code.projectRoot}/${file}`);
}

/** Whether the run is unfinished and the process that executed it has exited. */
export const isAbandoned = async (
  { info, head }: RunListItem,
  owners: Liveness,
): Promise<boolean> => !isTerminalRun(head.status) && !(await owners.isAlive(info.id));

export const abandonedLine = ({ info, head }: RunListItem, target?: HintTarget): string =>
  `run ${info.id} is ${head.status}, but no process executes it; continue it with: ${hint(target, 'runs', 'resume', info.id)}`;
