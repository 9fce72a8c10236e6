import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ScheduleDocument } from '../../../../src/wire/schedules.ts';
import { schedulesQuery } from '../../api/lists.ts';
import { commandLine } from '../../forms/command.ts';
import type { GridColumn } from '../../ui/data-grid.tsx';
import { DocumentList } from '../../ui/document-list.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProjectFilter } from '../../ui/filter-field.tsx';
import { ListHeader } from '../../ui/list-header.tsx';
import { Name } from '../../ui/name.tsx';
import { Time } from '../../ui/time.tsx';
import { causeText } from './cause-text.ts';
import { SchedulePanel } from './schedule-panel.tsx';

const COLUMNS: readonly GridColumn<ScheduleDocument>[] = [
  {
    key: 'name',
    title: 'Schedule',
    width: 'minmax(140px, 1fr)',
    render: ({ spec }) => (
      <Link
        from="/schedules"
        to="/schedules"
        search={(before) => ({ ...before, name: spec.name, of: spec.project })}
        className="font-semibold hover:underline"
      >
        <Name text={spec.name} />
      </Link>
    ),
  },
  {
    key: 'pipeline',
    title: 'Pipeline',
    width: 'minmax(160px, 1fr)',
    render: ({ spec }) => (
      <Link
        to="/pipelines/$project/$name"
        params={{ project: spec.project, name: spec.pipeline }}
        className="hover:underline"
      >
        <span className="text-muted">
          <Name text={`${spec.project}/`} />
        </span>
        <Name text={spec.pipeline} />
      </Link>
    ),
  },
  {
    key: 'cause',
    title: 'When',
    width: 'minmax(180px, 1fr)',
    render: ({ spec }) => <Name text={causeText(spec)} />,
  },
  {
    key: 'next',
    title: 'Next',
    width: '130px',
    render: ({ next, spec }) =>
      spec.paused ? <span className="text-aborted">paused</span> : <Time at={next} />,
  },
  {
    key: 'last',
    title: 'Last firing',
    width: '210px',
    render: ({ firings: [last] }) =>
      last === undefined ? (
        <span className="text-muted">none yet</span>
      ) : (
        <>
          <Time at={last.due} />{' '}
          <span className={last.status === 'failed' ? 'text-failed' : 'text-muted'}>
            {last.status}
          </span>
        </>
      ),
  },
];

/** All schedules with their next and last firing. */
export function Screen(): ReactNode {
  const search = useSearch({ from: '/schedules' });
  const navigate = useNavigate();
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ListHeader title="Schedules">
        <ProjectFilter
          value={search.project}
          onChange={(project) =>
            void navigate({
              from: '/schedules',
              to: '/schedules',
              search: (before) => ({ ...before, project }),
            })
          }
        />
      </ListHeader>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <DocumentList
            label="Schedules"
            query={useInfiniteQuery(schedulesQuery(search.project))}
            columns={COLUMNS}
            rowKey={({ spec }) => `${spec.project}/${spec.name}`}
            isSelected={({ spec }) => spec.name === search.name && spec.project === search.of}
            onOpen={({ spec }) =>
              void navigate({
                from: '/schedules',
                to: '/schedules',
                search: (before) => ({ ...before, name: spec.name, of: spec.project }),
              })
            }
            minWidth={820}
            empty={
              <EmptyState
                title="There is no schedule"
                command={commandLine('schedules', 'add', 'NAME', 'PIPELINE', '--cron', '0 3 * * *')}
              >
                A pipeline can also declare its schedules, which{' '}
                <code>{commandLine('schedules', 'apply', 'FILE')}</code> adds.
              </EmptyState>
            }
          />
        </div>
        {search.name !== undefined && search.of !== undefined && (
          <SchedulePanel name={search.name} project={search.of} />
        )}
      </div>
    </div>
  );
}
