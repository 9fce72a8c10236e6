import type { ReactNode } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { formatCount, formatMetric, formatMoney } from '../../format/numbers.ts';
import { shortPrincipal } from '../../format/principals.ts';
import { AppLink } from '../../ui/app-link.tsx';
import type { GridColumn } from '../../ui/data-grid.tsx';
import { Name } from '../../ui/name.tsx';
import { ProgressStrip } from '../../ui/progress-strip.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { Duration, Time } from '../../ui/time.tsx';
import { namedValue } from './conditions.ts';

/** Columns that can be chosen, by key, with their titles. Further ones are `arg:…` and `metric:…`. */
export const COLUMN_TITLES = {
  version: 'Version',
  progress: 'Progress',
  steps: 'Steps',
  by: 'By',
  started: 'Started',
  duration: 'Duration',
  project: 'Project',
  cost: 'Cost',
  id: 'Id',
} as const;
type ColumnKey = keyof typeof COLUMN_TITLES;

export const USUAL_COLUMNS: readonly ColumnKey[] = [
  'version',
  'progress',
  'steps',
  'by',
  'started',
  'duration',
];

const MAX_TAGS = 3;

/** `iris #12`, or the name alone if its runs are not numbered. */
export function RunName(props: {
  readonly run: Pick<RunSummary, 'pipeline' | 'number' | 'addRunNumber'>;
}): ReactNode {
  const { pipeline, number, addRunNumber } = props.run;
  return (
    <>
      <Name text={pipeline} className="font-medium" />
      {addRunNumber && <span className="shrink-0 text-muted"> #{number}</span>}
    </>
  );
}

/** The name of a run as a plain text, for titles and messages. */
export const runNameText = ({
  pipeline,
  number,
  addRunNumber,
}: Pick<RunSummary, 'pipeline' | 'number' | 'addRunNumber'>): string =>
  addRunNumber ? `${pipeline}#${number}` : pipeline;

function TagList(props: { readonly tags: readonly string[] }): ReactNode {
  const { tags } = props;
  return (
    <>
      {tags.slice(0, MAX_TAGS).map((tag) => (
        <Name
          key={tag}
          text={tag}
          className="min-w-6 max-w-30 shrink-4 rounded-sm border border-line bg-raised px-1 text-xs"
        />
      ))}
      {tags.length > MAX_TAGS && (
        <span className="text-xs text-muted" title={tags.slice(MAX_TAGS).join(', ')}>
          +{tags.length - MAX_TAGS}
        </span>
      )}
    </>
  );
}

const runCell = (run: RunSummary): ReactNode => (
  <span className="flex min-w-0 items-center gap-1.5">
    <AppLink
      path={`runs/${run.id}`}
      tabIndex={-1}
      className="flex min-w-12 items-baseline gap-1 hover:underline"
    >
      <RunName run={run} />
    </AppLink>
    {run.rerunOf !== null && (
      <span className="shrink-0 text-muted" title={`rerun of ${run.rerunOf}`}>
        ↻
      </span>
    )}
    {run.parent !== null && (
      <span
        className="shrink-0 text-muted"
        title={`child of ${runNameText({ ...run.parent, addRunNumber: true })}`}
      >
        ↳
      </span>
    )}
    {run.archived && <span className="shrink-0 text-xs text-muted">archived</span>}
    {run.waitsForSignals.length > 0 && (
      <span
        className="shrink-0 text-xs text-aborted"
        title={`waits for the signal ${run.waitsForSignals.join(', ')}`}
      >
        waits
      </span>
    )}
    <TagList tags={run.tags} />
  </span>
);

function stepsCell({ steps }: RunSummary): ReactNode {
  if (steps === null) return <Dash />;
  const failed = steps.counts?.failed ?? steps.failures;
  return (
    <>
      {formatCount(steps.total)}
      {failed > 0 && <span className="text-failed"> · {formatCount(failed)} failed</span>}
    </>
  );
}

const Dash = () => <span className="text-muted">–</span>;

const BUILT_IN: Readonly<
  Record<ColumnKey, Pick<GridColumn<RunSummary>, 'width' | 'align' | 'render'>>
> = {
  version: {
    width: '84px',
    render: ({ version }) => <Name text={version} className="font-mono text-sm" />,
  },
  progress: {
    width: '108px',
    render: ({ steps }) =>
      steps?.counts === undefined ? <Dash /> : <ProgressStrip counts={steps.counts} />,
  },
  steps: { width: '128px', render: stepsCell },
  by: {
    width: '92px',
    render: ({ createdBy }) =>
      createdBy === null ? (
        <Dash />
      ) : (
        <span title={createdBy}>
          <Name text={shortPrincipal(createdBy)} />
        </span>
      ),
  },
  started: {
    width: '112px',
    render: ({ startedAt, createdAt }) => <Time at={startedAt ?? createdAt} />,
  },
  duration: {
    width: '92px',
    render: ({ startedAt, endedAt }) => <Duration from={startedAt} to={endedAt} />,
  },
  project: { width: '128px', render: ({ project }) => <Name text={project} /> },
  cost: {
    width: '80px',
    align: 'end',
    render: ({ cost }) =>
      cost === null ? (
        <Dash />
      ) : (
        <span title={`estimate: ${cost.basis}`}>{formatMoney(cost.compute + cost.requests)}</span>
      ),
  },
  id: { width: '220px', render: ({ id }) => <code className="text-sm">{id}</code> },
};

const isBuiltIn = (key: string): key is ColumnKey => key in BUILT_IN;

/** The name of a chosen parameter or metric, as `loss/train` of `metric:loss/train`. */
export const valueNameOf = (key: string): string | undefined =>
  /^(?:arg|metric):(.+)$/s.exec(key)?.[1];

/** The columns of the list, after the status and the name. */
export function columnsOf(keys: readonly string[]): readonly GridColumn<RunSummary>[] {
  return keys.flatMap((key): readonly GridColumn<RunSummary>[] => {
    if (isBuiltIn(key)) return [{ key, title: COLUMN_TITLES[key], ...BUILT_IN[key] }];
    const name = valueNameOf(key);
    if (name === undefined) return [];
    return [
      {
        key,
        title: <Name text={name} />,
        width: '104px',
        align: 'end',
        render: (run) => <Value value={namedValue(run, name)} />,
      },
    ];
  });
}

function Value(props: { readonly value: unknown }): ReactNode {
  const { value } = props;
  if (value === undefined || value === null) return <Dash />;
  if (typeof value === 'number')
    return <span className="font-mono text-sm">{formatMetric(value)}</span>;
  return (
    <Name
      text={typeof value === 'string' ? value : JSON.stringify(value)}
      className="font-mono text-sm"
    />
  );
}

/** The first columns, and on a telephone the only one. */
export const statusColumn: GridColumn<RunSummary> = {
  key: 'status',
  title: 'Status',
  width: '108px',
  render: ({ status }) => <StatusBadge status={status} />,
};

export const nameColumn: GridColumn<RunSummary> = {
  key: 'run',
  title: 'Run',
  width: 'minmax(220px, 1fr)',
  render: runCell,
};

export const cardColumn: GridColumn<RunSummary> = {
  key: 'card',
  title: 'Run',
  width: 'minmax(0, 1fr)',
  render: (run) => (
    <span className="flex flex-col gap-0.5 py-1.5">
      <span className="flex items-center justify-between gap-2">
        {runCell(run)}
        <Time at={run.startedAt ?? run.createdAt} />
      </span>
      <span className="flex items-center justify-between gap-2">
        <StatusBadge status={run.status} />
        <Duration from={run.startedAt} to={run.endedAt} />
      </span>
    </span>
  ),
};
