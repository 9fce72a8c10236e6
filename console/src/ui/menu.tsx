import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';

export interface MenuItem {
  readonly label: ReactNode;
  /** A key that does the same. */
  readonly hint?: string;
  readonly onSelect: () => void;
  /** Why it cannot be selected now. */
  readonly disabled?: string | undefined;
}

/** A button that opens a list of actions. Arrow keys, Home and End move in it; Escape closes it. */
export function Menu(props: {
  readonly label: ReactNode;
  /** The name for readers, if the label is a glyph. */
  readonly name?: string;
  readonly items: readonly MenuItem[];
  readonly className?: string;
}): ReactNode {
  const { label, name, items, className = '' } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);

  const close = () => list.current?.hidePopover();
  const itemsOf = () => [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  const onKeyDown = (event: KeyboardEvent) => {
    const all = itemsOf();
    const at = all.findIndex((each) => each.matches(':focus'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Tab') close();
    if (to === undefined) return;
    event.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  };
  const place = () => {
    const [from, popover] = [button.current?.getBoundingClientRect(), list.current];
    if (from === undefined || popover === null) return;
    const { width, height } = popover.getBoundingClientRect();
    const below = from.bottom + 4 + height <= innerHeight;
    popover.style.left = `${Math.max(8, Math.min(from.left, innerWidth - width - 8))}px`;
    popover.style.top = `${below ? from.bottom + 4 : Math.max(8, from.top - height - 4)}px`;
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        {...(name !== undefined && { 'aria-label': name, title: name })}
        popoverTarget={id}
        className={`inline-flex h-7 items-center gap-1.5 rounded-sm border border-line bg-surface px-2.5 font-medium hover:bg-raised ${className}`}
      >
        {label}
      </button>
      <div
        ref={list}
        id={id}
        role="menu"
        tabIndex={-1}
        popover="auto"
        aria-label={name ?? 'Actions'}
        className="fixed inset-auto m-0 min-w-40 rounded-md border border-line bg-surface p-1 text-ink shadow-popover"
        onKeyDown={onKeyDown}
        onToggle={({ newState }) => {
          setOpen(newState === 'open');
          if (newState !== 'open') return;
          place();
          itemsOf()[0]?.focus();
        }}
      >
        {items.map((item, index) => (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: a menu does not change while it is open.
            key={index}
            type="button"
            role="menuitem"
            tabIndex={-1}
            aria-disabled={item.disabled !== undefined}
            className="flex w-full items-center justify-between gap-6 rounded-sm px-2 py-1 text-left hover:bg-raised focus:bg-raised aria-disabled:cursor-not-allowed aria-disabled:text-muted"
            onClick={() => {
              if (item.disabled !== undefined) return;
              close();
              button.current?.focus();
              item.onSelect();
            }}
          >
            <span>
              {item.label}
              {item.disabled !== undefined && (
                <span className="block text-xs">{item.disabled}</span>
              )}
            </span>
            {item.hint !== undefined && <kbd className="text-xs text-muted">{item.hint}</kbd>}
          </button>
        ))}
      </div>
    </>
  );
}
