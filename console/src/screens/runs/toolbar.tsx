import { type ReactNode, useState } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { stringifySearch } from '../../address/search.ts';
import { listCommand } from '../../forms/command.ts';
import { useOpen } from '../../ui/app-link.tsx';
import { copyText } from '../../ui/copy-button.tsx';
import { useCommands } from '../../ui/keyboard.ts';
import { Menu } from '../../ui/menu.tsx';
import { Name } from '../../ui/name.tsx';
import { ColumnsDialog } from './columns-dialog.tsx';
import { FilterBar } from './filter-bar.tsx';
import { loadViews, type SavedView, storeViews } from './saved-views.ts';
import type { RunsSearch } from './search.ts';
import { ViewsDialog } from './views-dialog.tsx';

const GROUP = 'Runs';

/** The filter of the list, its columns and its saved views. */
export function Toolbar(props: {
  readonly search: RunsSearch;
  readonly columns: readonly string[];
  readonly runs: readonly RunSummary[];
  readonly onChange: (search: RunsSearch) => void;
}): ReactNode {
  const { search, columns, runs, onChange } = props;
  const [dialog, setDialog] = useState<'columns' | 'views'>();
  const [views, setViews] = useState(loadViews);
  const open = useOpen();
  const close = () => setDialog(undefined);
  const copy = () => void copyText(listCommand(search));
  useCommands([
    { label: 'Choose the columns', group: GROUP, run: () => setDialog('columns') },
    { label: 'Save this view', group: GROUP, run: () => setDialog('views') },
    { label: 'Copy this list as a command', group: GROUP, keys: ['Shift+Y'], run: copy },
  ]);
  return (
    <>
      <FilterBar
        filter={search}
        runs={runs}
        onChange={(filter) => onChange({ ...filter, sort: search.sort, cols: search.cols })}
      />
      <Menu
        label="View"
        items={[
          ...views.slice(0, 12).map((view) => ({
            label: <Name text={view.name} />,
            onSelect: () => open(`runs${view.search}`),
          })),
          { label: 'Saved views…', onSelect: () => setDialog('views') },
          { label: 'Columns…', onSelect: () => setDialog('columns') },
          {
            label: search.sort === 'oldest' ? 'Newest first' : 'Oldest first',
            onSelect: () =>
              onChange({ ...search, sort: search.sort === 'oldest' ? undefined : 'oldest' }),
          },
          { label: 'Copy as command', hint: '⇧Y', onSelect: copy },
        ]}
      />
      {dialog === 'columns' && (
        <ColumnsDialog
          columns={columns}
          runs={runs}
          onChange={(cols) => onChange({ ...search, cols })}
          onClose={close}
        />
      )}
      {dialog === 'views' && (
        <ViewsDialog
          views={views}
          search={stringifySearch({ ...search })}
          onChange={(next: readonly SavedView[]) => {
            setViews(next);
            storeViews(next);
          }}
          onOpen={(view) => open(`runs${view.search}`)}
          onClose={close}
        />
      )}
    </>
  );
}
