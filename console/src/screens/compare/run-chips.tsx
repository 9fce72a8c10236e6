import { Link } from '@tanstack/react-router';
import { type ReactNode, useId, useState } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import type { ComparedRun } from '../../../../src/wire/summaries.ts';
import type { Page } from '../../../../src/wire/values.ts';
import { request } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Name } from '../../ui/name.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { type CompareSearch, MAX_RUNS } from './search.ts';

/** The compared runs: which one is the base, removal of one, and a field that adds one. */
export function RunChips(props: {
  readonly runs: readonly ComparedRun[];
  readonly base: number;
  readonly ids: readonly string[];
  readonly onChange: (changes: CompareSearch) => void;
}): ReactNode {
  const { runs, base, ids, onChange } = props;
  return (
    <ul className="mt-2 flex max-h-28 flex-wrap gap-1.5 overflow-auto">
      {runs.map((run, index) => (
        <li
          key={run.id}
          className="inline-flex items-center gap-1.5 rounded-md border border-line bg-surface pl-2"
        >
          <label
            className="inline-flex items-center gap-1"
            title="Compare the others with this run"
          >
            <input
              type="radio"
              name="base"
              aria-label={`#${run.number} is the base`}
              checked={index === base}
              onChange={() => onChange({ base: run.id })}
            />
          </label>
          <Link
            to="/runs/$run"
            params={{ run: run.id }}
            className="max-w-60 truncate hover:underline"
          >
            <Name text={run.pipeline} /> #{run.number}
          </Link>
          <StatusBadge status={run.status} />
          <Button
            kind="quiet"
            aria-label={`Remove #${run.number} from the comparison`}
            onClick={() =>
              onChange({ runs: ids.filter((id) => id !== run.id).join(',') || undefined })
            }
          >
            ×
          </Button>
        </li>
      ))}
      <li>
        <AddRun ids={ids} onChange={onChange} />
      </li>
    </ul>
  );
}

/** Adds a run by `pipeline#number`, `project/pipeline#number`, its id or the start of its id. */
function AddRun(props: {
  readonly ids: readonly string[];
  readonly onChange: (changes: CompareSearch) => void;
}): ReactNode {
  const { ids, onChange } = props;
  const id = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const add = async () => {
    if (ids.length >= MAX_RUNS) return setProblem(`At most ${MAX_RUNS} runs are compared.`);
    try {
      const found = await findRun(text.trim());
      if (found.length === 1) {
        setText('');
        setProblem(undefined);
        onChange({ runs: [...ids, ...found].join(',') });
      } else setProblem(found.length === 0 ? 'there is no such run' : 'more than one run fits');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form
      className="inline-flex items-center gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') void add();
      }}
    >
      <input
        id={id}
        aria-label="Add a run"
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-problem`}
        placeholder="add: iris#7 or an id"
        className="h-7 w-48 rounded-sm border border-field bg-surface px-2"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <span id={`${id}-problem`} role="status" className="text-failed">
        {problem}
      </span>
    </form>
  );
}

async function findRun(text: string): Promise<readonly string[]> {
  const named = /^(?:(.+)\/)?([^/#]+)#(\d+)$/.exec(text);
  const query =
    named === null
      ? { id: text }
      : { project: named[1] ?? 'default', pipeline: named[2], number: named[3] };
  const { items } = await request<Page<RunSummary>>('v1/runs', { query });
  return items.map((run) => run.id);
}
