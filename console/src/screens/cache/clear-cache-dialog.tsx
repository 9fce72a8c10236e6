import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { request } from '../../api/client.ts';
import { formatCounted } from '../../format/numbers.ts';
import { visibleText } from '../../format/visible-text.ts';
import { commandLine, optionsWith } from '../../forms/command.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { showMessage } from '../../ui/messages.ts';
import type { CacheSearch } from './search.ts';

type CacheFilter = Pick<CacheSearch, 'project' | 'component' | 'key'>;

/** Removes the entries of the filter; without one, all of them. */
export function ClearCacheDialog(props: {
  readonly filter: CacheFilter;
  readonly onClose: () => void;
}): ReactNode {
  const { filter, onClose } = props;
  const client = useQueryClient();
  const isAll = Object.values(filter).every((value) => value === undefined);
  const clear = useMutation({
    mutationFn: () =>
      request<{ readonly removed: number }>('v1/cache', {
        method: 'DELETE',
        query: { ...filter, all: isAll ? 'true' : undefined },
      }),
    onSuccess: async ({ removed }) => {
      showMessage(`Removed ${formatCounted(removed, 'entry', 'entries')}`);
      onClose();
      await client.invalidateQueries({ queryKey: ['v1/cache'] });
    },
  });
  return (
    <ConfirmDialog
      title={isAll ? 'Clear the whole cache' : 'Clear these entries'}
      action="Clear"
      {...(isAll && { typed: 'all' })}
      isBusy={clear.isPending}
      error={clear.error}
      onConfirm={() => clear.mutate()}
      onClose={onClose}
    >
      <p>Equal calls are computed again. The artifacts of runs stay.</p>
      <p>
        <code className="text-sm text-muted">
          {visibleText(commandLine('cache', 'clear', ...optionsWith(filter)))}
        </code>
      </p>
    </ConfirmDialog>
  );
}
