import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { FiringDocument, ScheduleDocument } from '../../../../src/wire/schedules.ts';
import { request } from '../../api/client.ts';
import { scheduleQuery } from '../../api/lists.ts';
import { commandLine } from '../../forms/command.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useEscape } from '../../ui/keyboard.ts';
import { Name } from '../../ui/name.tsx';
import { useRefusal } from '../../ui/refusal.ts';
import { Time } from '../../ui/time.tsx';

/** One schedule: its arguments, its last firings, and pause, resume and removal. */
export function SchedulePanel(props: {
  readonly name: string;
  readonly project: string;
}): ReactNode {
  const { name, project } = props;
  const { data, error, refetch } = useQuery(scheduleQuery(name, project));
  const navigate = useNavigate({ from: '/schedules' });
  useEscape('Schedules', () => {
    void navigate({ search: (before) => ({ ...before, name: undefined, of: undefined }) });
  });
  return (
    <aside
      aria-label={`Schedule ${name}`}
      className="w-100 shrink-0 space-y-4 overflow-auto border-l border-line bg-surface p-4"
    >
      <header className="flex items-center gap-3">
        <h2 className="grow text-lg font-semibold">
          <Name text={name} wrap />
        </h2>
        <Link
          from="/schedules"
          to="/schedules"
          search={(before) => ({ ...before, name: undefined, of: undefined })}
          aria-label="Close"
          className="px-1 hover:bg-raised"
        >
          ×
        </Link>
      </header>
      {data !== undefined ? (
        <Details schedule={data} />
      ) : error === null ? (
        <p className="text-muted">Loading …</p>
      ) : (
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      )}
    </aside>
  );
}

function Details({ schedule }: { readonly schedule: ScheduleDocument }): ReactNode {
  const { spec, declared, firings } = schedule;
  return (
    <>
      <Actions schedule={schedule} />
      {declared && (
        <p className="text-muted">
          Declared by its pipeline: <code>{commandLine('schedules', 'apply', 'FILE')}</code> can
          change it again.
        </p>
      )}
      <section>
        <h3 className="font-semibold">Arguments</h3>
        {Object.keys(spec.args).length === 0 ? (
          <p className="text-muted">the defaults</p>
        ) : (
          <dl className="grid grid-cols-[max-content_1fr] gap-x-4">
            {Object.entries(spec.args).map(([parameter, value]) => (
              <div key={parameter} className="contents">
                <dt className="font-mono">
                  <Name text={parameter} />
                </dt>
                <dd className="min-w-0 font-mono">
                  <Name text={typeof value === 'string' ? value : JSON.stringify(value)} wrap />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </section>
      <section>
        <h3 className="font-semibold">Last firings</h3>
        {firings.length === 0 ? (
          <p className="text-muted">none yet</p>
        ) : (
          <ul className="divide-y divide-line">
            {firings.map((firing) => (
              <li key={firing.key} className="py-1">
                <Firing firing={firing} />
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function Firing({ firing }: { readonly firing: FiringDocument }): ReactNode {
  const { due, status, run, reason } = firing;
  return (
    <>
      <span className="flex gap-3">
        <Time at={due} />
        <span className={status === 'failed' ? 'text-failed' : 'text-muted'}>{status}</span>
        {run !== null && (
          <Link to="/runs/$run" params={{ run: run }} className="text-accent underline">
            open the run
          </Link>
        )}
      </span>
      {reason !== null && (
        <p className="text-muted">
          <Name text={reason} wrap />
        </p>
      )}
    </>
  );
}

function Actions({ schedule: { spec } }: { readonly schedule: ScheduleDocument }): ReactNode {
  const { name, project, paused } = spec;
  const navigate = useNavigate();
  const client = useQueryClient();
  const refusal = useRefusal();
  const [isRemoving, setRemoving] = useState(false);
  const path = `v1/schedules/${encodeURIComponent(name)}`;
  const reload = () => client.invalidateQueries({ queryKey: ['v1/schedules'] });
  const pause = useMutation({
    mutationFn: () =>
      request(path, { method: 'PATCH', query: { project }, body: { paused: !paused } }),
    onSuccess: reload,
  });
  const remove = useMutation({
    mutationFn: () => request(path, { method: 'DELETE', query: { project } }),
    onSuccess: async () => {
      await navigate({
        from: '/schedules',
        to: '/schedules',
        search: (before) => ({ ...before, name: undefined, of: undefined }),
      });
      await reload();
    },
  });
  return (
    <div className="space-y-2">
      <div className="flex gap-2">
        <Button
          disabled={pause.isPending || refusal !== undefined}
          title={refusal}
          onClick={() => pause.mutate()}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <Button
          kind="danger"
          disabled={refusal !== undefined}
          title={refusal}
          onClick={() => setRemoving(true)}
        >
          Remove …
        </Button>
      </div>
      {pause.error !== null && <ErrorPanel error={pause.error} />}
      {isRemoving && (
        <ConfirmDialog
          title={`Remove the schedule ${name}`}
          action="Remove"
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setRemoving(false)}
        >
          <p>It starts no further runs. Runs that it started stay.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
