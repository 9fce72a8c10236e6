import { type ReactNode, useId, useState } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Name } from '../../ui/name.tsx';
import { COLUMN_TITLES, USUAL_COLUMNS, valueNameOf } from './columns.tsx';

/** Chooses the columns of the list: fields of runs, and any parameter or metric by its name. */
export function ColumnsDialog(props: {
  readonly columns: readonly string[];
  readonly runs: readonly RunSummary[];
  readonly onChange: (columns: readonly string[] | undefined) => void;
  readonly onClose: () => void;
}): ReactNode {
  const { columns, runs, onChange, onClose } = props;
  const [kind, setKind] = useState<'arg' | 'metric'>('metric');
  const [name, setName] = useState('');
  const id = useId();
  const values = columns.filter((key) => valueNameOf(key) !== undefined);
  const known = [
    ...new Set(
      runs.flatMap(({ args, scalars }) =>
        kind === 'arg'
          ? Object.keys(args ?? {})
          : (scalars ?? []).map(({ title, series }) => `${title}/${series}`),
      ),
    ),
  ];
  const toggle = (key: string) =>
    onChange(columns.includes(key) ? columns.filter((each) => each !== key) : [...columns, key]);
  return (
    <Dialog title="Columns" onClose={onClose}>
      <fieldset>
        <legend className="mb-1 text-muted">Fields</legend>
        <div className="grid grid-cols-3 gap-1">
          {Object.entries(COLUMN_TITLES).map(([key, title]) => (
            <label key={key} className="flex items-center gap-2">
              <input type="checkbox" checked={columns.includes(key)} onChange={() => toggle(key)} />
              {title}
            </label>
          ))}
        </div>
      </fieldset>
      {values.length > 0 && (
        <ul className="mt-3 space-y-1">
          {values.map((key) => (
            <li key={key} className="flex items-center justify-between gap-2">
              <Name text={key.replace(':', ' ')} />
              <Button kind="quiet" onClick={() => toggle(key)}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="mt-3 flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const key = `${kind}:${name.trim()}`;
          if (name.trim() !== '' && !columns.includes(key)) onChange([...columns, key]);
          setName('');
        }}
      >
        <label>
          <span className="mb-1 block text-muted">Add a</span>
          <select
            className="field"
            value={kind}
            onChange={({ target }) => setKind(target.value === 'arg' ? 'arg' : 'metric')}
          >
            <option value="metric">metric</option>
            <option value="arg">parameter</option>
          </select>
        </label>
        <label className="min-w-0 flex-1">
          <span className="mb-1 block text-muted">
            {kind === 'arg' ? 'Name' : 'Title/series, as loss/train'}
          </span>
          <input
            className="field w-full"
            list={id}
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </label>
        <datalist id={id}>
          {known.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <Button type="submit">Add</Button>
      </form>
      <div className="mt-4 flex justify-between">
        <Button
          disabled={columns.join() === USUAL_COLUMNS.join()}
          onClick={() => onChange(undefined)}
        >
          Usual columns
        </Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}
