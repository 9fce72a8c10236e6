/**
 * The events on the bus of a deployment, as rules select them, and what a rule for a notification
 * passes to its function.
 *
 * @module
 */
export const EVENT_SOURCE = 'headrace';
export const DETAIL_TYPES = {
  run: 'Headrace Run Status Change',
  step: 'Headrace Step Status Change',
  signal: 'Headrace Run Waits For Signal',
} as const;

/** Which changes of which runs a notification is for. `waiting`: the run waits for a signal. */
export interface BusEventFilter {
  readonly on: readonly string[];
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly tag?: string | undefined;
}

export interface BusEventPattern {
  readonly source: string[];
  readonly detailType: string[];
  /** Absent if any detail matches: EventBridge refuses an empty one. */
  readonly detail?: Readonly<Record<string, string[]>>;
}

/**
 * One pattern for each detail type: the event of a run that waits has no status. A list in an event
 * matches if one of its members does.
 */
export function busEventPatterns({
  on,
  project,
  pipeline,
  tag,
}: BusEventFilter): Readonly<Partial<Record<'run' | 'signal', BusEventPattern>>> {
  const facts = {
    ...(project !== undefined && { project: [project] }),
    ...(pipeline !== undefined && { pipeline: [pipeline] }),
    ...(tag !== undefined && { tags: [tag] }),
  };
  const status = on.filter((change) => change !== 'waiting');
  const pattern = (kind: 'run' | 'signal', detail: Record<string, string[]>) => ({
    source: [EVENT_SOURCE],
    detailType: [DETAIL_TYPES[kind]],
    ...(Object.keys(detail).length > 0 && { detail }),
  });
  return {
    ...(status.length > 0 && { run: pattern('run', { status, ...facts }) }),
    ...(on.includes('waiting') && { signal: pattern('signal', facts) }),
  };
}

/** The field of an event that a rule passes to the function as a field of its input. */
export const INPUT_PATHS = { type: '$.detail-type', detail: '$.detail' } as const;

/** The environment variable with what only CloudFormation knows: topics, and the API's URL. */
export const NOTIFICATIONS_VARIABLE = 'HEADRACE_NOTIFICATIONS';
