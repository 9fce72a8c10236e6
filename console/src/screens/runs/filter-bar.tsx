import { type ReactNode, useEffect, useState } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { Combobox } from '../../ui/combobox.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Name } from '../../ui/name.tsx';
import { FILTER_KEYS, filterText, parseFilter } from './filter-text.ts';
import { RUN_STATUSES, type RunsFilter } from './search.ts';
import { suggestionsFor } from './suggestions.ts';

const LABELS: Readonly<Record<string, string>> = { from: 'since', to: 'until', by: 'by' };

/** The filter as chips, and as a text that can be edited. */
export function FilterBar(props: {
  readonly filter: RunsFilter;
  readonly runs: readonly RunSummary[];
  readonly onChange: (filter: RunsFilter) => void;
}): ReactNode {
  const { filter, runs, onChange } = props;
  return (
    <>
      <div className="flex flex-wrap items-center gap-1.5">
        {FILTER_KEYS.map((key) => {
          const value = filter[key];
          return value === undefined ? null : (
            <Chip
              key={key}
              name={LABELS[key] ?? key}
              value={[value].flat().join(', ')}
              onRemove={() => onChange({ ...filter, [key]: undefined })}
            />
          );
        })}
        {(filter.where ?? []).map((text) => (
          <Chip
            key={text}
            name="where"
            value={text}
            onRemove={() =>
              onChange({ ...filter, where: (filter.where ?? []).filter((each) => each !== text) })
            }
          />
        ))}
        {filter.q !== undefined && (
          <Chip
            name="words"
            value={filter.q}
            onRemove={() => onChange({ ...filter, q: undefined })}
          />
        )}
        <Menu
          label="+ filter"
          className="h-6! border-dashed!"
          items={[
            ...RUN_STATUSES.map((status) => ({
              label: `status ${status}`,
              onSelect: () => onChange({ ...filter, status: withStatus(filter, status) }),
            })),
            ...['1d', '7d', '30d'].map((age) => ({
              label: `created in the last ${age.replace('d', age === '1d' ? ' day' : ' days')}`,
              onSelect: () => onChange({ ...filter, from: age }),
            })),
            {
              label: 'archived runs, too',
              onSelect: () => onChange({ ...filter, archived: 'include' }),
            },
          ]}
        />
      </div>
      <FilterText filter={filter} runs={runs} onChange={onChange} />
    </>
  );
}

const withStatus = (
  { status = [] }: RunsFilter,
  added: (typeof RUN_STATUSES)[number],
): RunsFilter['status'] => RUN_STATUSES.filter((each) => each === added || status.includes(each));

function Chip(props: {
  readonly name: string;
  readonly value: string;
  readonly onRemove: () => void;
}): ReactNode {
  const { name, value, onRemove } = props;
  return (
    <span className="inline-flex h-6 max-w-80 items-center gap-1 rounded-full border border-line bg-surface pl-2.5 text-sm">
      <span className="shrink-0 text-muted">{name}</span>
      <Name text={value} className="font-medium" />
      <button
        type="button"
        aria-label={`Remove the filter ${name} ${value}`}
        className="h-6 shrink-0 rounded-full px-1.5 text-muted hover:text-ink"
        onClick={onRemove}
      >
        ✕
      </button>
    </span>
  );
}

function FilterText(props: {
  readonly filter: RunsFilter;
  readonly runs: readonly RunSummary[];
  readonly onChange: (filter: RunsFilter) => void;
}): ReactNode {
  const { filter, runs, onChange } = props;
  const current = filterText(filter);
  const [text, setText] = useState(current);
  const [problems, setProblems] = useState<readonly string[]>([]);
  useEffect(() => {
    setText(current);
    setProblems([]);
  }, [current]);
  return (
    <div className="min-w-50 flex-1">
      <Combobox
        label="Filter as text"
        value={text}
        placeholder="status:failed tag:prod loss<0.2"
        inputProps={{ 'data-filter': '' }}
        options={suggestionsFor(text, runs)}
        onChange={setText}
        onAccept={(accepted) => {
          setText(accepted);
          // A suggestion such as `tag:` continues.
          if (accepted !== text && /[:,]$/.test(accepted)) return;
          const parsed = parseFilter(accepted);
          setProblems(parsed.problems);
          if (parsed.problems.length === 0) onChange(parsed.filter);
        }}
      />
      {problems.length > 0 && (
        <p role="alert" className="mt-1 text-sm text-failed">
          {problems.join(' ')}
        </p>
      )}
    </div>
  );
}
