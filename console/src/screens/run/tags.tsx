import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { RunDocument } from '../../../../src/wire/runs.ts';
import { changeTags } from '../../api/run-actions.ts';
import { visibleText } from '../../format/visible-text.ts';
import type { RunFeed } from '../../live/run-feed.ts';
import { buttonProps } from '../../ui/button-props.ts';
import { useRefusal } from '../../ui/refusal.ts';

/** The tags of a run, to add and to remove. */
export function RunTags(props: { readonly run: RunDocument; readonly feed: RunFeed }): ReactNode {
  const { run, feed } = props;
  const refusal = useRefusal();
  const [isAdding, setAdding] = useState(false);
  const [text, setText] = useState('');
  const mutation = useMutation({
    mutationFn: (change: { readonly add?: string[]; readonly remove?: string[] }) =>
      changeTags(run.id, change),
    onSuccess: () => {
      setText('');
      setAdding(false);
      feed.acted();
    },
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '') mutation.mutate({ add: [text.trim()] });
  };
  return (
    <span className="inline-flex min-w-0 flex-wrap items-center gap-1">
      {run.tags.map((tag) => (
        <span
          key={tag}
          className="inline-flex max-w-60 items-center rounded-full border border-line bg-raised pl-2 text-sm"
        >
          <span className="truncate" title={tag}>
            {visibleText(tag)}
          </span>
          <button
            type="button"
            className="px-1.5 text-muted hover:text-ink"
            aria-label={`Remove the tag ${tag}`}
            {...buttonProps({
              disabled: mutation.isPending || refusal !== undefined,
              title: refusal,
              onClick: () => mutation.mutate({ remove: [tag] }),
            })}
          >
            ×
          </button>
        </span>
      ))}
      {isAdding ? (
        <form onSubmit={add} className="inline-flex">
          <input
            aria-label="A new tag"
            // biome-ignore lint/a11y/noAutofocus: the user has just opened the field
            autoFocus
            className="h-5 w-28 rounded-sm border border-field bg-surface px-1 text-sm"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setAdding(false);
            }}
          />
        </form>
      ) : (
        <button
          type="button"
          className="rounded-sm px-1 text-sm text-muted hover:text-ink aria-disabled:cursor-not-allowed aria-disabled:opacity-50"
          {...buttonProps({
            disabled: refusal !== undefined,
            title: refusal,
            onClick: () => setAdding(true),
          })}
        >
          + tag
        </button>
      )}
      {mutation.error !== null && (
        <span role="alert" className="text-sm text-failed">
          {mutation.error.message}
        </span>
      )}
    </span>
  );
}
