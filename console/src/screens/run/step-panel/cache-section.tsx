import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ComparedCall } from '../../../../../src/model/cache-explanation.ts';
import { cacheQuery } from '../../../api/steps.ts';
import { Name } from '../../../ui/name.tsx';
import { Section } from '../../../ui/section.tsx';

/** Whether the step was computed, with the reason and what differs from an earlier call. */
export function CacheSection(props: {
  readonly run: string;
  readonly call: number;
  readonly stamp: string;
}): ReactNode {
  const { data, error } = useQuery(cacheQuery(props.run, props.call, props.stamp));
  if (error !== null)
    return (
      <Section title="Cache">
        <p className="text-muted">{error.message}</p>
      </Section>
    );
  if (data === undefined) return null;
  return (
    <Section title="Cache">
      <p className="break-words">
        <span className="font-medium">{data.decision}</span>
        {': '}
        <Name text={data.reason} wrap />
      </p>
      {data.origin !== null && <Compared label="Result of" call={data.origin} />}
      {data.comparedWith !== null && <Compared label="Compared with" call={data.comparedWith} />}
      {data.comparedWith !== null &&
        data.comparedWith.run !== props.run &&
        data.differences.some(({ part }) => part === 'code') && (
          <Link
            to="/compare"
            search={{
              runs: `${data.comparedWith.run},${props.run}`,
              tab: 'code',
              code: data.component,
            }}
            className="text-accent underline"
          >
            Compare the code
          </Link>
        )}
      {data.differences.length > 0 && (
        <ul className="flex flex-col gap-0.5">
          {data.differences.map((difference, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of an answer have no other identity
            <li key={index} className="break-words">
              <span className="text-muted">{`${difference.part} `}</span>
              <Name text={difference.name ?? ''} wrap />
              {(difference.before !== null || difference.now !== null) && (
                <span className="font-mono text-sm">
                  {' '}
                  <Name text={difference.before ?? 'none'} wrap />
                  {' → '}
                  <Name text={difference.now ?? 'none'} wrap />
                </span>
              )}
              {difference.details.length > 0 && (
                <span className="text-muted">
                  {' ('}
                  <Name text={difference.details.join(', ')} wrap />
                  {')'}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Compared(props: { readonly label: string; readonly call: ComparedCall }): ReactNode {
  const { label, call } = props;
  const name = call.pipeline === null ? call.run : `${call.pipeline} #${call.number ?? '?'}`;
  return (
    <p className="break-words">
      <span className="text-muted">{`${label} `}</span>
      <Link
        to="/runs/$run"
        params={{ run: call.run }}
        search={{ tab: 'steps', find: call.step }}
        className="text-accent underline"
      >
        <Name text={`${name} ${call.step}`} wrap />
      </Link>
    </p>
  );
}
