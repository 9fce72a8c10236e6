import { type ReactNode, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { showMessage } from '../../ui/messages.ts';
import { Name } from '../../ui/name.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { parseViews, type SavedView, withView } from './saved-views.ts';

/** Saves the current view, opens and removes saved ones, and moves them between browsers as a file. */
export function ViewsDialog(props: {
  readonly views: readonly SavedView[];
  /** The search parameters of the current view. */
  readonly search: string;
  readonly onChange: (views: readonly SavedView[]) => void;
  readonly onOpen: (view: SavedView) => void;
  readonly onClose: () => void;
}): ReactNode {
  const { views, search, onChange, onOpen, onClose } = props;
  const [name, setName] = useState('');
  return (
    <Dialog title="Saved views" onClose={onClose}>
      {views.length === 0 && (
        <p className="text-muted">
          A view is a filter with its columns. This browser has none yet.
        </p>
      )}
      <ul className="space-y-1">
        {views.map((view) => (
          <li key={view.name} className="flex items-center gap-2">
            <button
              type="button"
              className="min-w-0 flex-1 truncate text-left text-accent underline"
              onClick={() => {
                onOpen(view);
                onClose();
              }}
            >
              <Name text={view.name} />
            </button>
            <Button
              kind="quiet"
              aria-label={`Remove the view ${view.name}`}
              onClick={() => onChange(views.filter((each) => each !== view))}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="mt-3 flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === '') return;
          onChange(withView(views, { name: name.trim(), search }));
          setName('');
        }}
      >
        <label className="flex-1">
          <span className="mb-1 block text-muted">Save the current view as</span>
          <input
            className="field w-full"
            value={name}
            maxLength={100}
            onChange={({ target }) => setName(target.value)}
          />
        </label>
        <Button type="submit" kind="primary">
          Save
        </Button>
      </form>
      <div className="mt-4 flex gap-2">
        <Button
          disabled={views.length === 0}
          title={views.length === 0 ? 'There is no saved view.' : undefined}
          onClick={() => exportViews(views)}
        >
          Export
        </Button>
        <label className="inline-flex h-7 cursor-pointer items-center rounded-sm border border-line bg-surface px-2.5 font-medium focus-within:outline-2 focus-within:outline-accent hover:bg-raised">
          Import
          <input
            type="file"
            accept="application/json"
            className="sr-only"
            onChange={async ({ target }) => {
              const imported = parseViews((await target.files?.[0]?.text()) ?? '');
              target.value = '';
              if (imported === undefined) showMessage('This is no file of saved views.', 'failed');
              else onChange(imported.reduce(withView, views));
            }}
          />
        </label>
      </div>
    </Dialog>
  );
}

const exportViews = (views: readonly SavedView[]): void =>
  saveFile(
    new Blob([JSON.stringify(views, null, 2)], { type: 'application/json' }),
    'headrace-views.json',
  );
