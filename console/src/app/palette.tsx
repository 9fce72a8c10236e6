import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { foundRunsQuery } from '../api/bulk.ts';
import { useOpen } from '../ui/app-link.tsx';
import { Combobox, type ComboboxOption } from '../ui/combobox.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { currentCommands, keyLabel } from '../ui/keyboard.ts';
import { Name } from '../ui/name.tsx';
import { rankByWords } from '../ui/rank.ts';
import { StatusBadge } from '../ui/status-badge.tsx';

const MAX_COMMANDS = 12;

/** Finds runs, pages and commands by words, and opens or runs the chosen one. */
export function Palette(props: { readonly onClose: () => void }): ReactNode {
  const { onClose } = props;
  const [text, setText] = useState('');
  const open = useOpen();
  const words = text.trim();
  const found = useQuery({ ...foundRunsQuery(words), enabled: words.length > 0 });
  const commands = rankByWords(
    currentCommands().filter(({ inPalette = true }) => inPalette),
    words,
    ({ label, group }) => `${label} ${group}`,
  ).slice(0, MAX_COMMANDS);
  const runs = words === '' ? [] : (found.data?.items ?? []);
  const options: readonly ComboboxOption[] = [
    ...runs.map(({ id, pipeline, number, status, project }) => ({
      value: `run ${id}`,
      label: (
        <span className="flex items-center gap-3">
          <StatusBadge status={status} />
          <Name text={`${pipeline} #${number}`} />
        </span>
      ),
      hint: project,
    })),
    ...commands.map(({ label, group, keys }, index) => ({
      value: `command ${index}`,
      label,
      hint: keys?.[0] === undefined ? group : keyLabel(keys[0]),
    })),
  ];
  const accept = (value: string) => {
    const [kind, name = ''] = value.split(' ');
    const isKnown = options.some((option) => option.value === value);
    if (!isKnown) return;
    onClose();
    if (kind === 'run') open(`runs/${name}`);
    else commands[Number(name)]?.run();
  };
  return (
    <Dialog title="Find runs, pages and commands" onClose={onClose} className="w-150 mt-[10dvh]!">
      <Combobox
        label="Words, or the id or number of a run"
        value={text}
        options={options}
        onChange={setText}
        onAccept={accept}
        placeholder="iris#12, failed, settings …"
        autoFocus
        isInline
      />
      <p role="status" className="mt-2 min-h-4 text-sm text-muted">
        {words !== '' && found.isFetching && 'Searching the runs …'}
        {found.error !== null && `Runs cannot be searched: ${found.error.message}`}
        {options.length === 0 && !found.isFetching && 'Nothing has this name.'}
      </p>
    </Dialog>
  );
}
