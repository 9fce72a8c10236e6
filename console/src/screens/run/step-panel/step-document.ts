/**
 * A step with what the panel and the page of a step show of it.
 *
 * @module
 */
import { useQuery } from '@tanstack/react-query';
import type { AttemptDocument, StepDocument } from '../../../../../src/wire/steps.ts';
import { stepQuery } from '../../../api/steps.ts';
import { formatDuration } from '../../../format/durations.ts';
import type { RunColumns } from '../../../live/columns.ts';

/** A text that changes with a step, so that its document is read again. */
export const stampOf = (columns: RunColumns, call: number): string =>
  [
    columns.epoch,
    columns.status[call] ?? '',
    columns.attempts[call] ?? '',
    columns.started[call] ?? '',
    columns.ended[call] ?? '',
    columns.waitingFor.get(call) ?? '',
  ].join(' ');

export interface LoadedStep {
  readonly step: StepDocument | undefined;
  readonly error: unknown;
}

/** The document of a step, read again when the step changes. */
export function useStep(run: string, columns: RunColumns, call: number): LoadedStep {
  const { data, error } = useQuery(stepQuery(run, call, stampOf(columns, call)));
  return { step: data?.call === call ? data : undefined, error };
}

/** The selected attempt; without a selection, or with an unknown one, the last. */
export const attemptOf = (
  { attempts }: StepDocument,
  number: number | undefined,
): AttemptDocument | undefined =>
  attempts.find((each) => each.number === number) ?? attempts.at(-1);

/** What a step is, and its options that are set. */
export const factsOf = ({
  component,
  taskType,
  queue,
  tags,
  options,
}: Pick<
  StepDocument,
  'component' | 'taskType' | 'queue' | 'tags' | 'options'
>): readonly (readonly [name: string, value: string])[] => [
  ['component', component],
  ['type', taskType],
  ['queue', queue],
  ...(tags.length === 0 ? [] : [['tags', tags.join(', ')] as const]),
  ...Object.entries(options).map(
    ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  ),
];

/** How long an attempt ran; undefined for one that has not ended, or never started. */
export const ranFor = ({
  startedAt,
  endedAt,
}: Pick<AttemptDocument, 'startedAt' | 'endedAt'>): string | undefined =>
  startedAt === null || endedAt === null
    ? undefined
    : formatDuration(Date.parse(endedAt) - Date.parse(startedAt));

/** Whose fault the failure of an attempt was; undefined if it did not fail. */
export function faultOf({
  status,
  infrastructureFailure,
}: Pick<AttemptDocument, 'status' | 'infrastructureFailure'>): string | undefined {
  if (status !== 'failed') return undefined;
  return infrastructureFailure ? 'fault of the infrastructure' : 'fault of the step';
}

/** Why an attempt ended: its reason, exit code and signal. */
export function endOf({
  reason,
  exitCode,
  signal,
}: Pick<AttemptDocument, 'reason' | 'exitCode' | 'signal'>): string {
  const parts = [
    reason,
    // Most reasons name the code.
    exitCode === null || exitCode === 0 || reason?.includes(`code ${exitCode}`) === true
      ? null
      : `exit code ${exitCode}`,
    signal === null ? null : `signal ${signal}`,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** The parent that an argument is the result of, by its name; undefined for a value. */
export function producerOf(
  value: string,
  parents: ReadonlyMap<string, number>,
): number | undefined {
  const whole = parents.get(value);
  if (whole !== undefined) return whole;
  for (let end = value.lastIndexOf('.'); end > 0; end = value.lastIndexOf('.', end - 1)) {
    const parent = parents.get(value.slice(0, end));
    if (parent !== undefined) return parent;
  }
  return undefined;
}

const MAX_NAMED_PARENTS = 1000;

/** The parents of a call by their names. */
export function parentsOf(columns: RunColumns, call: number): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (call >= columns.known) return found;
  columns.eachParent(call, (parent) => {
    found.set(columns.nameOf(parent), parent);
    return found.size < MAX_NAMED_PARENTS;
  });
  return found;
}

/** The calls that need the result of a call: the first ones. */
export function childrenOf(columns: RunColumns, call: number, limit = 20): readonly number[] {
  const found: number[] = [];
  for (let child = call + 1; child < columns.known && found.length < limit; child++) {
    columns.eachParent(child, (parent) => {
      if (parent === call) found.push(child);
      return parent !== call;
    });
  }
  return found;
}
