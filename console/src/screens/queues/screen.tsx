import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { QueueDocument } from '../../../../src/wire/service.ts';
import { queueLoadsQuery, queueWaitersQuery } from '../../api/lists.ts';
import { formatDuration } from '../../format/durations.ts';
import { formatCount } from '../../format/numbers.ts';
import { useNow } from '../../ui/clock.ts';
import { DataGrid, type GridColumn, ROW_HEIGHT } from '../../ui/data-grid.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useEscape } from '../../ui/keyboard.ts';
import { ListHeader } from '../../ui/list-header.tsx';
import { Name } from '../../ui/name.tsx';
import { useSettings } from '../../ui/settings.ts';
import { Duration, Time } from '../../ui/time.tsx';

const PLATFORMS = {
  fargate: 'Fargate',
  ec2: 'EC2',
  lambda: 'Lambda',
  subprocess: 'this machine',
} as const;

const UNKNOWN = <span className="text-muted">–</span>;

const COLUMNS: readonly GridColumn<QueueDocument>[] = [
  {
    key: 'name',
    title: 'Queue',
    width: 'minmax(140px, 1fr)',
    render: ({ name }) => (
      <Link to="/queues" search={{ queue: name }} className="font-semibold hover:underline">
        <Name text={name} />
      </Link>
    ),
  },
  {
    key: 'platform',
    title: 'Platform',
    width: '150px',
    render: ({ platform, spot, gpu }) =>
      [PLATFORMS[platform], ...(spot ? ['spot'] : []), ...(gpu ? ['GPU'] : [])].join(', '),
  },
  {
    key: 'running',
    title: 'Running',
    width: '90px',
    align: 'end',
    render: ({ load }) => (load === null ? UNKNOWN : formatCount(load.running)),
  },
  {
    key: 'starting',
    title: 'Starting',
    width: '90px',
    align: 'end',
    render: ({ load }) => (load === null ? UNKNOWN : formatCount(load.starting)),
  },
  {
    key: 'waiting',
    title: 'Waiting',
    width: '90px',
    align: 'end',
    render: ({ load }) =>
      load === null ? UNKNOWN : `${formatCount(load.waiting)}${load.partial ? ' +' : ''}`,
  },
  {
    key: 'oldest',
    title: 'Oldest wait',
    width: '120px',
    align: 'end',
    render: ({ load }) =>
      load === null || load.waitingSince === null ? (
        UNKNOWN
      ) : (
        <Duration from={load.waitingSince} to={null} />
      ),
  },
  {
    key: 'vcpus',
    title: 'vCPUs in use',
    width: '180px',
    render: ({ load, concurrency }) =>
      load?.vcpus !== null && load?.vcpus !== undefined ? (
        <Usage {...load.vcpus} />
      ) : concurrency === null ? (
        UNKNOWN
      ) : (
        <span className="text-muted">{formatCount(concurrency)} steps at once</span>
      ),
  },
];

/** How much of a capacity is in use; null: only the capacity is known. */
function Usage({ used, max }: { readonly used: number | null; readonly max: number }): ReactNode {
  if (used === null) return <span className="text-muted">at most {formatCount(max)}</span>;
  const share = max === 0 ? 0 : Math.min(1, used / max);
  return (
    <span className="flex items-center gap-2">
      <span className="whitespace-nowrap">
        {formatCount(used)} of {formatCount(max)}
      </span>
      <span className="h-1.5 w-16 overflow-hidden rounded-sm bg-raised" aria-hidden="true">
        <span
          className="block h-full bg-running-fill"
          style={{ width: `${Math.round(share * 100)}%` }}
        />
      </span>
    </span>
  );
}

/** All queues with their load, and the runs that wait in one of them. */
export function Screen(): ReactNode {
  const { queue } = useSearch({ from: '/queues' });
  const navigate = useNavigate();
  const { density } = useSettings();
  const [current, setCurrent] = useState(-1);
  const { data, error, refetch } = useQuery(queueLoadsQuery());
  const measuredAt = data?.items.find(({ load }) => load !== null)?.load?.measuredAt;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ListHeader title="Queues">
        {measuredAt !== undefined && (
          <span className="text-muted">
            measured <Time at={measuredAt} />
          </span>
        )}
      </ListHeader>
      {data === undefined ? (
        error === null ? (
          <p className="p-4 text-muted">Loading …</p>
        ) : (
          <ErrorPanel error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <DataGrid
          label="Queues"
          columns={COLUMNS}
          rows={data.items}
          rowKey={({ name }) => name}
          rowHeight={ROW_HEIGHT[density]}
          current={current}
          onCurrent={setCurrent}
          isSelected={({ name }) => name === queue}
          onOpen={({ name }) => void navigate({ to: '/queues', search: { queue: name } })}
          minWidth={900}
        />
      )}
      {queue !== undefined && (
        <Waiters queue={queue} onClose={() => void navigate({ to: '/queues', search: {} })} />
      )}
    </div>
  );
}

function Waiters(props: { readonly queue: string; readonly onClose: () => void }): ReactNode {
  const { queue, onClose } = props;
  useEscape('Queues', onClose);
  const { data, error, refetch } = useQuery(queueWaitersQuery(queue));
  const now = useNow(1_000, true);
  return (
    <section
      aria-label={`Runs that wait in ${queue}`}
      className="max-h-1/2 min-h-40 overflow-auto border-t border-line bg-surface p-4"
    >
      <h2 className="font-semibold">
        Waiting in <Name text={queue} />
      </h2>
      {data === undefined ? (
        error === null ? (
          <p className="text-muted">Loading …</p>
        ) : (
          <ErrorPanel error={error} onRetry={() => void refetch()} />
        )
      ) : data.items.length === 0 ? (
        <p className="text-muted">No run waits for capacity.</p>
      ) : (
        <ul>
          {data.items.map((waiter) => (
            <li key={waiter.run} className="flex gap-4 py-0.5">
              <Link
                to="/runs/$run"
                params={{ run: waiter.run }}
                className="min-w-40 text-accent underline"
              >
                <Name text={waiter.pipeline} /> #{waiter.number}
              </Link>
              <span className="w-24 text-right">× {formatCount(waiter.waiting)}</span>
              <span className="text-muted">
                for {formatDuration(now - Date.parse(waiter.since))}
              </span>
            </li>
          ))}
        </ul>
      )}
      {data?.partial === true && <p className="text-muted">More wait than were counted.</p>}
    </section>
  );
}
