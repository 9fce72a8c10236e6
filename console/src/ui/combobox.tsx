import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';

export interface ComboboxOption {
  readonly value: string;
  readonly label?: ReactNode;
  /** Further words at the end of the line. */
  readonly hint?: string;
}

/**
 * A text field with a list of suggestions, after the combobox pattern of ARIA: the focus stays in the
 * field, arrow keys select a suggestion, Enter accepts it, Escape closes the list.
 */
export function Combobox(props: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly ComboboxOption[];
  readonly onChange: (value: string) => void;
  /** A suggestion was accepted, or Enter was pressed without one. */
  readonly onAccept: (value: string) => void;
  readonly placeholder?: string;
  readonly className?: string;
  readonly inputProps?: Readonly<Record<`data-${string}`, string>>;
  readonly isLabelHidden?: boolean;
  readonly autoFocus?: boolean;
  /** Always open, as in the palette. */
  readonly isInline?: boolean;
}): ReactNode {
  const { label, value, options, onChange, onAccept, isInline = false } = props;
  const id = useId();
  const [isExpanded, setExpanded] = useState(false);
  const [active, setActive] = useState(isInline ? 0 : -1);
  const isOpen = (isExpanded || isInline) && options.length > 0;
  const current = Math.min(active, options.length - 1);

  const accept = (text: string) => {
    setExpanded(false);
    setActive(isInline ? 0 : -1);
    onAccept(text);
  };
  const move = (by: number) => {
    setExpanded(true);
    const from = isOpen ? current : -1;
    const to = from < 0 && by < 0 ? options.length - 1 : from + by;
    setActive(options.length === 0 ? -1 : (to + options.length) % options.length);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (event.nativeEvent.isComposing) return;
    if (key === 'ArrowDown' || key === 'ArrowUp') move(key === 'ArrowDown' ? 1 : -1);
    else if (key === 'Enter') accept((isOpen ? options[current]?.value : undefined) ?? value);
    else if (key === 'Escape' && isExpanded && !isInline) setExpanded(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className={`relative ${props.className ?? ''}`}>
      <label htmlFor={id} className={props.isLabelHidden === false ? 'mb-1 block' : 'sr-only'}>
        {label}
      </label>
      <input
        {...props.inputProps}
        id={id}
        role="combobox"
        type="text"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        // biome-ignore lint/a11y/noAutofocus: the palette was opened to type.
        autoFocus={props.autoFocus}
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        {...(isOpen && current >= 0 && { 'aria-activedescendant': `${id}-${current}` })}
        placeholder={props.placeholder}
        value={value}
        className="field w-full"
        onChange={({ target }) => {
          setExpanded(true);
          setActive(isInline ? 0 : -1);
          onChange(target.value);
        }}
        onFocus={() => setExpanded(true)}
        onBlur={() => setExpanded(false)}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        hidden={!isOpen}
        className={
          isInline
            ? 'mt-2 max-h-[50dvh] overflow-auto'
            : 'absolute top-full right-0 left-0 z-10 mt-1 max-h-80 overflow-auto rounded-md border border-line bg-surface p-1 shadow-popover'
        }
      >
        {options.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
          <div
            key={option.value}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className="flex cursor-pointer items-center justify-between gap-4 rounded-sm px-2 py-1 hover:bg-raised aria-selected:bg-selected"
            ref={(element) => {
              if (index === current && isOpen) element?.scrollIntoView({ block: 'nearest' });
            }}
            // The field keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => accept(option.value)}
          >
            <span className="min-w-0 truncate">{option.label ?? option.value}</span>
            {option.hint !== undefined && (
              <span className="shrink-0 text-xs text-muted">{option.hint}</span>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}
