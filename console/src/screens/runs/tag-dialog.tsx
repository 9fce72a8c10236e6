import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { formatCounted } from '../../format/numbers.ts';
import { tagsOf } from '../../format/tags.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Name } from '../../ui/name.tsx';

/** Adds tags to runs, and removes some that they have. */
export function TagDialog(props: {
  readonly runs: readonly RunSummary[];
  readonly change: (tags: { readonly add: string[]; readonly remove: string[] }) => Promise<void>;
  readonly onClose: () => void;
}): ReactNode {
  const { runs, change, onClose } = props;
  const [text, setText] = useState('');
  const [remove, setRemove] = useState<readonly string[]>([]);
  const present = [...new Set(runs.flatMap(({ tags }) => tags))].sort();
  const mutation = useMutation({
    mutationFn: () => change({ add: tagsOf(text), remove: [...remove] }),
  });
  return (
    <ConfirmDialog
      title={`Tags of ${formatCounted(runs.length, 'run')}`}
      action="Apply"
      kind="primary"
      isBusy={mutation.isPending || (tagsOf(text).length === 0 && remove.length === 0)}
      error={mutation.error}
      onConfirm={() => mutation.mutate()}
      onClose={onClose}
    >
      <label className="block">
        <span className="mb-1 block">Add, separated by commas</span>
        <input
          className="field w-full"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      {present.length > 0 && (
        <fieldset>
          <legend className="mb-1">Remove</legend>
          <div className="flex flex-wrap gap-3">
            {present.map((tag) => (
              <label key={tag} className="flex max-w-full items-center gap-1.5">
                <input
                  type="checkbox"
                  checked={remove.includes(tag)}
                  onChange={({ target }) =>
                    setRemove(
                      target.checked ? [...remove, tag] : remove.filter((each) => each !== tag),
                    )
                  }
                />
                <Name text={tag} />
              </label>
            ))}
          </div>
        </fieldset>
      )}
    </ConfirmDialog>
  );
}
