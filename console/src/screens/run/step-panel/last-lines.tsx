import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { readLog } from '../../../api/logs.ts';
import { cutLine } from '../../../format/long-lines.ts';
import { Section } from '../../../ui/section.tsx';
import { AnsiText } from '../logs/log-line.tsx';

const LINES = 10;
const INTERVAL_MS = 3_000;
const MAX_CHARACTERS = 300;

/** The last lines of an attempt, read again while it runs. */
export function LastLines(props: {
  readonly run: string;
  readonly call: number;
  readonly attempt: number;
  readonly isRunning: boolean;
}): ReactNode {
  const { run, call, attempt, isRunning } = props;
  const { data } = useQuery({
    queryKey: ['last-lines', run, call, attempt, isRunning],
    queryFn: ({ signal }) => readLog({ run, call, attempt }, { from: 'end', limit: LINES }, signal),
    refetchInterval: ({ state }) => (state.data?.complete === true ? false : INTERVAL_MS),
    enabled: attempt > 0,
  });
  if (data === undefined || data.lines.length === 0) return null;
  return (
    <Section title="Log, last lines">
      <div className="overflow-x-auto rounded-sm bg-raised p-1 font-mono text-sm whitespace-pre">
        {data.lines.map((line) => (
          <div key={line.position}>
            <AnsiText text={cutLine(line.text, MAX_CHARACTERS).shown} />
          </div>
        ))}
      </div>
      <Link
        to="/runs/$run"
        params={{ run }}
        search={{ tab: 'logs', step: call, attempt }}
        className="text-accent underline"
      >
        The whole log
      </Link>
    </Section>
  );
}
