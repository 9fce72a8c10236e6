import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useId } from 'react';
import type { QueueDocument } from '../../../../src/wire/service.ts';
import { request } from '../../api/client.ts';
import { tagsOf } from '../../format/tags.ts';
import type { NewRunSearch } from './search.ts';

/** Tags, the default queue, and whether the cache is used. All of them are in the address. */
export function RunOptions(props: {
  readonly search: NewRunSearch;
  /** The queue that the version names; null: none. */
  readonly versionQueue: string | null;
}): ReactNode {
  const { search, versionQueue } = props;
  const navigate = useNavigate({ from: '/new' });
  const id = useId();
  const { data } = useQuery({
    queryKey: ['queues'],
    queryFn: ({ signal }) =>
      request<{ readonly items: readonly QueueDocument[] }>('v1/queues', { signal }),
  });
  const change = (changes: NewRunSearch) =>
    void navigate({
      from: '/new',
      to: '/new',
      replace: true,
      search: (before) => ({ ...before, ...changes }),
    });
  return (
    <div className="space-y-2 px-3 py-2">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        {search.rerun === undefined && (
          <span className="inline-flex items-center gap-2">
            <label htmlFor={`${id}-queue`}>Default queue</label>
            <select
              id={`${id}-queue`}
              className="rounded-sm border border-field bg-surface px-2 py-1"
              value={search.queue ?? ''}
              onChange={(event) =>
                change({ queue: event.target.value === '' ? undefined : event.target.value })
              }
            >
              <option value="">{versionQueue ?? 'as deployed'}</option>
              {data?.items
                .filter(({ name }) => name !== versionQueue)
                .map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
            </select>
          </span>
        )}
        <label className="inline-flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={search.cache !== '0'}
            onChange={(event) => change({ cache: event.target.checked ? undefined : '0' })}
          />
          Use the cache
        </label>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <label htmlFor={`${id}-tags`}>Tags</label>
        <input
          id={`${id}-tags`}
          className="w-72 rounded-sm border border-field bg-surface px-2 py-1"
          placeholder="nightly, prod"
          defaultValue={(search.tag ?? []).join(', ')}
          onBlur={(event) => {
            const tags = tagsOf(event.target.value);
            change({ tag: tags.length === 0 ? undefined : tags });
          }}
        />
        <span className="text-xs text-muted">in addition to those of the pipeline</span>
      </div>
    </div>
  );
}
