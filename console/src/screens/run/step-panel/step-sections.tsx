import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AttemptDocument, StepDocument } from '../../../../../src/wire/steps.ts';
import { oneOf } from '../../../address/search.ts';
import { formatBytes } from '../../../format/bytes.ts';
import { formatDuration } from '../../../format/durations.ts';
import { formatCount } from '../../../format/numbers.ts';
import type { RunFeed } from '../../../live/run-feed.ts';
import { useNow } from '../../../ui/clock.ts';
import { ErrorRecordView } from '../../../ui/error-record.tsx';
import { MaskedValue } from '../../../ui/masked-value.tsx';
import { Name } from '../../../ui/name.tsx';
import { Section } from '../../../ui/section.tsx';
import { StatusBadge } from '../../../ui/status-badge.tsx';
import { Time } from '../../../ui/time.tsx';
import { RUN_TABS } from '../search.ts';
import { childrenOf, endOf, faultOf, parentsOf, producerOf, ranFor } from './step-document.ts';

/** A link to another step of the run. */
export function StepLink(props: {
  readonly run: string;
  readonly call: number;
  readonly children: ReactNode;
}): ReactNode {
  const { run, call, children } = props;
  const className = 'text-accent underline';
  // The page of a step links to pages, the panel to the panel.
  const isPage = useParams({ strict: false }).call !== undefined;
  return isPage ? (
    <Link to="/runs/$run/steps/$call" params={{ run, call: String(call) }} className={className}>
      {children}
    </Link>
  ) : (
    <Link
      to="/runs/$run"
      params={{ run }}
      search={(before) => ({ tab: oneOf(before.tab, RUN_TABS), step: call })}
      className={className}
    >
      {children}
    </Link>
  );
}

/** When an attempt was queued, started and ended, and how it ended. */
export function AttemptTimes(props: {
  readonly attempt: AttemptDocument;
  readonly step: StepDocument;
}): ReactNode {
  const { attempt, step } = props;
  const now = useNow(1_000, attempt.endedAt === null);
  const at = (time: string | null): number => (time === null ? now : Date.parse(time));
  const queued = Math.max(0, at(attempt.startedAt ?? attempt.endedAt) - at(attempt.queuedAt));
  const ran = Math.max(0, at(attempt.endedAt) - at(attempt.startedAt));
  const fault = faultOf(attempt);
  const end = endOf(attempt);
  return (
    <div className="flex flex-col gap-0.5">
      <p>
        {`Queued ${formatDuration(queued)}`}
        {attempt.startedAt !== null && ` · ran ${formatDuration(ran)}`}
        {' · '}
        <Name text={step.queue} />
      </p>
      <p className="text-muted">
        <Time at={attempt.queuedAt} />
        {attempt.endedAt !== null && (
          <>
            {' – '}
            <Time at={attempt.endedAt} />
          </>
        )}
      </p>
      {(fault !== undefined || end !== '') && (
        <p className="break-words">
          {fault !== undefined && <span className="font-medium text-failed">{fault}</span>}
          {fault !== undefined && end !== '' && ': '}
          <Name text={end} wrap />
        </p>
      )}
    </div>
  );
}

/** The error of an attempt; of the last one, that of the step with its stack. */
export function StepError(props: {
  readonly step: StepDocument;
  readonly attempt: AttemptDocument | undefined;
}): ReactNode {
  const { step, attempt } = props;
  const isLast = attempt === undefined || attempt.number === step.attempts.at(-1)?.number;
  const error = isLast ? (step.error ?? attempt?.error) : attempt.error;
  if (error === null || error === undefined) return null;
  return (
    <div className="px-3 pb-2">
      <ErrorRecordView error={error} />
    </div>
  );
}

/** The arguments; a result of another step is a link to that step. */
export function ArgumentsSection(props: {
  readonly run: string;
  readonly step: StepDocument;
  readonly feed: RunFeed;
}): ReactNode {
  const { run, step, feed } = props;
  if (step.arguments.length === 0) return null;
  const parents = parentsOf(feed.columns, step.call);
  return (
    <Section title="Arguments">
      <dl className="grid grid-cols-[minmax(4rem,auto)_1fr] gap-x-3 gap-y-0.5">
        {step.arguments.map(({ name, value, changedFrom }) => {
          const producer = producerOf(value, parents);
          return (
            <div key={name} className="contents">
              <dt className="min-w-0 text-muted">
                <Name text={name} />
              </dt>
              <dd className="min-w-0 break-words font-mono text-sm">
                {producer === undefined ? (
                  <MaskedValue name={name} text={value} />
                ) : (
                  <StepLink run={run} call={producer}>
                    {'→ '}
                    <Name text={value} />
                  </StepLink>
                )}
                {changedFrom !== undefined && (
                  <span className="text-muted">
                    {' was '}
                    <Name text={changedFrom} wrap />
                  </span>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
    </Section>
  );
}

/** Artifacts and models, with links to their previews. */
export function OutputsSection(props: {
  readonly run: string;
  readonly step: StepDocument;
}): ReactNode {
  const { run, step } = props;
  const outputs = [...step.artifacts, ...step.models];
  const omitted = step.artifactCount + step.modelCount - outputs.length;
  if (outputs.length === 0) return null;
  return (
    <Section title="Outputs">
      <ul className="flex flex-col gap-0.5">
        {outputs.map((output) => (
          <li key={`${'framework' in output} ${output.name}`} className="flex gap-2">
            <Link
              to="/runs/$run"
              params={{ run }}
              search={{ tab: 'artifacts', step: step.call, name: output.name }}
              className="min-w-0 truncate text-accent underline"
            >
              <Name text={output.name} />
            </Link>
            <span className="text-muted">{output.type}</span>
            <span className="flex-1" />
            <span className="text-muted">{formatBytes(output.size)}</span>
          </li>
        ))}
        {omitted > 0 && <li className="text-muted">{`and ${formatCount(omitted)} more`}</li>}
      </ul>
    </Section>
  );
}

/** The steps before and after, the run that the step started, and where its result is from. */
export function RelationsSection(props: {
  readonly run: string;
  readonly step: StepDocument;
  readonly feed: RunFeed;
}): ReactNode {
  const { run, step, feed } = props;
  const { columns } = feed;
  const parents = [...parentsOf(columns, step.call)].slice(0, 20);
  const children = childrenOf(columns, step.call);
  const origins = [
    ['Cached from', step.cachedFrom],
    ['Adopted from', step.adoptedFrom],
  ] as const;
  return (
    <Section title="Relations">
      {parents.length > 0 && (
        <p className="break-words">
          <span className="text-muted">Parents </span>
          {parents.map(([name, parent]) => (
            <span key={parent} className="mr-2">
              <StepLink run={run} call={parent}>
                <Name text={name} />
              </StepLink>
            </span>
          ))}
          {step.parentCount > parents.length && (
            <span className="text-muted">{`${formatCount(step.parentCount)} in all`}</span>
          )}
        </p>
      )}
      {children.length > 0 && (
        <p className="break-words">
          <span className="text-muted">Children </span>
          {children.map((child) => (
            <span key={child} className="mr-2">
              <StepLink run={run} call={child}>
                <Name text={columns.nameOf(child)} />
              </StepLink>
            </span>
          ))}
        </p>
      )}
      {origins.map(
        ([label, origin]) =>
          origin !== null && (
            <p key={label}>
              <span className="text-muted">{`${label} `}</span>
              <Link
                to="/runs/$run"
                params={{ run: origin.run }}
                search={{ tab: 'steps', find: origin.step }}
                className="text-accent underline"
              >
                <Name text={origin.step} />
              </Link>
              <span className="text-muted">{` of run ${origin.run.slice(0, 10)}`}</span>
            </p>
          ),
      )}
      {step.childRun !== null && (
        <p>
          <span className="text-muted">Child run </span>
          <Link
            to="/runs/$run"
            params={{ run: step.childRun.run }}
            className="text-accent underline"
          >
            <Name text={`${step.childRun.pipeline} #${step.childRun.number}`} />
          </Link>
        </p>
      )}
      {parents.length === 0 && children.length === 0 && step.childRun === null && (
        <p className="text-muted">No parents and no children.</p>
      )}
    </Section>
  );
}

/** The attempts of a step, with the reason of each that failed. */
export function AttemptsSection(props: {
  readonly step: StepDocument;
  readonly selected: number | undefined;
  readonly onSelect: (attempt: number) => void;
}): ReactNode {
  const { step, selected, onSelect } = props;
  if (step.attempts.length < 2) return null;
  return (
    <Section title={`Attempts (${formatCount(step.attempts.length)})`}>
      <ul className="flex max-h-60 flex-col gap-0.5 overflow-auto">
        {step.attempts.map((attempt) => (
          <li key={attempt.number}>
            <button
              type="button"
              aria-pressed={attempt.number === selected}
              className="flex w-full items-baseline gap-2 rounded-sm px-1 text-left hover:bg-raised aria-pressed:bg-selected"
              onClick={() => onSelect(attempt.number)}
            >
              <span className="w-5 text-muted">{attempt.number}</span>
              <StatusBadge status={attempt.status} />
              <span className="min-w-0 truncate text-muted">
                {[ranFor(attempt), faultOf(attempt), endOf(attempt)].filter(Boolean).join(' · ')}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
